//! Statistical specifications in words and in JSON, without their points.

use learnware_engine::specification::StatisticalSpecification;
use serde_json::{Value, json};

/// One line for people.
pub fn sentence(specification: &StatisticalSpecification) -> String {
    let rkme = specification.rkme();
    let points = rkme.points().rows();
    let made_from = match rkme.row_count() {
        0 => String::new(),
        count => format!(" from {count} {}", unit(specification)),
    };
    match specification {
        StatisticalSpecification::Table(table) => {
            format!("table, {points} points in {} inputs{made_from}", table.dimension())
        }
        StatisticalSpecification::Text(text) => {
            let languages = match text.languages.as_slice() {
                [] => String::new(),
                languages => format!(", languages {}", languages.join(", ")),
            };
            format!("text, {points} points{made_from}{languages}; embedder {}", text.embedder)
        }
        StatisticalSpecification::Image(image) => {
            let [channels, height, width] = image.image_shape;
            format!(
                "image, {points} points{made_from} for models that take {channels} x {height} x {width}; \
                 embedder {}",
                image.embedder
            )
        }
        StatisticalSpecification::ReferenceImage(image) => {
            format!("image in the form of the reference, {points} points of shape {:?}", image.sample_shape())
        }
        StatisticalSpecification::Parameters(vector) => {
            let (base, length) = (vector.base(), vector.length());
            let kept = if vector.is_sketch() {
                format!("a sketch of {} numbers", vector.direction().dimension())
            } else {
                "all kept".to_owned()
            };
            format!(
                "parameter vector{made_from}: how {} parameters of {} change, {kept}; length {length:.3e}",
                base.dimension, base.name
            )
        }
    }
}

/// The same for programs.
pub fn facts(specification: &StatisticalSpecification) -> Value {
    let rkme = specification.rkme();
    let mut value = json!({
        "type": specification.type_name(),
        "dimension": rkme.dimension(),
        "points": rkme.points().rows(),
        "rows": rkme.row_count(),
    });
    if let Some(embedder) = specification.embedder() {
        value["embedder"] = json!(embedder);
    }
    match specification {
        StatisticalSpecification::Table(table) => value["gamma"] = json!(table.gamma()),
        StatisticalSpecification::Text(text) => value["languages"] = json!(text.languages),
        StatisticalSpecification::Image(image) => value["image_shape"] = json!(image.image_shape),
        StatisticalSpecification::ReferenceImage(image) => {
            value["image_shape"] = json!(image.sample_shape());
        }
        StatisticalSpecification::Parameters(vector) => {
            value["base"] = json!(vector.base());
            value["length"] = json!(vector.length());
        }
    }
    value
}

/// What one example of the data is called.
pub fn unit(specification: &StatisticalSpecification) -> &'static str {
    match specification {
        StatisticalSpecification::Table(_) => "rows",
        StatisticalSpecification::Text(_) | StatisticalSpecification::Parameters(_) => "texts",
        StatisticalSpecification::Image(_) | StatisticalSpecification::ReferenceImage(_) => "images",
    }
}
