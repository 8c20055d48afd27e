//! Images through every command.

use image::{ImageFormat, RgbImage};
use serde_json::Value;

use crate::context::TestContext;
use crate::tinyonnx;

/// Writes a picture with a bright patch of a colour (0 red, 1 green, 2 blue) somewhere on grey.
fn picture(context: &TestContext, name: &str, side: u32, colour: usize, seed: u32) {
    let mut image = RgbImage::new(side, side);
    for (x, y, pixel) in image.enumerate_pixels_mut() {
        let noise = (x * 31 + y * 17 + seed * 97) % 23;
        let inside = (x + seed) % side < side / 2 && (y + seed * 3) % side < side / 2;
        for (channel, value) in pixel.0.iter_mut().enumerate() {
            *value = (40 + noise * 2 + if inside && channel == colour { 150 } else { 0 }) as u8;
        }
    }
    let path = context.path(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let format = ImageFormat::from_path(&path).unwrap();
    image.save_with_format(path, format).unwrap();
}

/// A folder with sub-folders `green` and `red` (places 0 and 1 among the labels).
fn folder(context: &TestContext, name: &str, side: u32) {
    for seed in 0..16 {
        picture(context, &format!("{name}/red/{seed:02}.png"), side, 0, seed);
        picture(context, &format!("{name}/green/{seed:02}.bmp"), side, 1, seed + 100);
    }
}

fn dock() -> TestContext {
    let context = TestContext::new();
    folder(&context, "photos", 8);
    // Scores of green and red: the mean of the other channel counts against each.
    context
        .write("colour.onnx", tinyonnx::mean_colours([3, 8, 8], &[&[-20.0, 20.0, 0.0], &[20.0, -20.0, 0.0]]));
    let packed = context.json(
        "pack colour.onnx --data photos --labels folder --name Colours --license mit --description Red_or_green. -o c.zip",
    );
    assert_eq!(packed["semantic_specification"]["Data"]["Values"][0], "Image");
    assert_eq!(packed["semantic_specification"]["Output"]["Description"]["1"], "red");
    assert_eq!(packed["specifications"][0]["type"], "EmbeddedImageSpecification");
    assert_eq!(packed["specifications"][0]["image_shape"], serde_json::json!([3, 8, 8]));
    let submitted = context.json("submit c.zip");
    assert_eq!(submitted["status"], "usable", "{submitted}");
    context
}

fn labels(document: &Value) -> Vec<&str> {
    let rows = document["predictions"].as_array().unwrap();
    rows.iter().map(|row| row["prediction"].as_str().unwrap()).collect()
}

#[test]
fn a_specification_of_images_is_made_and_shown() {
    let context = TestContext::new();
    folder(&context, "photos", 8);
    let made = context.json("spec photos --labels folder -o stat.json --reduced-set-size 10");
    assert_eq!(made["specification"]["type"], "EmbeddedImageSpecification");
    assert_eq!(made["specification"]["points"], 6);
    assert_eq!(made["specification"]["image_shape"], serde_json::json!([3, 8, 8]));
    assert_eq!(context.json("spec show stat.json")["specification"], made["specification"]);
    let answer = context.run("spec show stat.json");
    assert!(answer.stdout.starts_with("image, 6 points from 32 images"), "{answer:?}");
    let resized = context.json("spec photos --resize 16x12 -o other.json");
    assert_eq!(resized["specification"]["image_shape"], serde_json::json!([3, 16, 12]));
    let reference = context.json("spec photos -o compat.json --compat --reduced-set-size 4");
    assert_eq!(reference["specification"]["type"], "RKMEImageSpecification");
    assert_eq!(reference["specification"]["image_shape"], serde_json::json!([3, 32, 32]));
    assert!(reference["distance_to_data"].as_f64().unwrap() < 0.5, "{reference}");
    let answer = context.run("spec show compat.json");
    assert!(answer.stdout.contains("in the form of the reference, 4 points"), "{answer:?}");
}

#[test]
fn arrays_hold_images_too() {
    let context = TestContext::new();
    let values: Vec<u8> = (0..5 * 4 * 6 * 3).map(|place| (place * 37 % 251) as u8).collect();
    context.write("last.npy", npy("|u1", "(5, 4, 6, 3)", &values));
    let made = context.json("spec last.npy -o stat.json");
    assert_eq!(made["specification"]["image_shape"], serde_json::json!([3, 4, 6]));
    let grey = &values[..5 * 24];
    context.write("grey.npy", npy("|u1", "(5, 4, 6)", grey));
    let made = context.json("spec grey.npy -o grey.json");
    assert_eq!(made["specification"]["image_shape"], serde_json::json!([1, 4, 6]));
    // The same as fractions, channels first.
    let fractions: Vec<u8> = grey.iter().flat_map(|&byte| (f32::from(byte) / 255.0).to_le_bytes()).collect();
    context.write("fractions.npy", npy("<f4", "(5, 1, 4, 6)", &fractions));
    context.json("spec fractions.npy -o fractions.json");
    let bytes = |name: &str| std::fs::read(context.path(name)).unwrap();
    assert!(bytes("grey.json") == bytes("fractions.json"), "bytes and fractions are the same images");

    let large: Vec<u8> = [0.0_f32, 255.0].repeat(12).iter().flat_map(|value| value.to_le_bytes()).collect();
    context.write("large.npy", npy("<f4", "(2, 3, 2, 2)", &large));
    context.write("odd.npy", npy("|u1", "(2, 5, 3, 4)", &[7; 120]));
    context.write("none.npy", npy("|u1", "(0, 3, 4, 4)", &[]));
    context.write("same.npy", npy("|u1", "(3, 2, 2)", &[9; 12]));
    for (data, message) in [
        ("large.npy", "fractions of images are 0 to 1, but these go from 0 to 255"),
        ("odd.npy", "an array of shape [2, 5, 3, 4] holds no images"),
        ("none.npy", "there are no images in it"),
        ("same.npy", "all 3 images are the same"),
    ] {
        let said = context.refusal(&format!("spec {data} -o no.json"));
        assert!(said.contains(message) && said.contains("hint: "), "{data}: {said}");
    }
}

/// An NPY file.
fn npy(kind: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn bad_images_are_refused_by_name() {
    let context = TestContext::new();
    folder(&context, "photos", 8);
    picture(&context, "photos/red/99.png", 10, 0, 1);
    let said = context.refusal("spec photos -o stat.json");
    let wanted = "photos/red/99.png is 10 x 10 (height x width), but the images before it are 8 x 8";
    assert!(said.contains(wanted) && said.contains("--resize 8x8"), "{said}");
    context.json("spec photos --resize 8x8 -o sized.json");
    context.write("photos/red/50.png", "not a picture");
    let said = context.refusal("spec photos -o stat.json");
    assert!(said.contains("photos/red/50.png cannot be read as an image"), "{said}");
    std::fs::create_dir(context.path("empty")).unwrap();
    context.write("empty/a.doc", "x");
    std::fs::create_dir(context.path("both")).unwrap();
    context.write("both/a.txt", "x");
    context.write("both/b.png", "x");
    context.write("no.zip", "x");
    for (data, message) in [
        ("empty", "empty holds no images and no texts"),
        ("both", "both holds 1 images and 1 texts"),
        ("no.zip", "no.zip is no sound zip"),
        ("photos --labels kind", "photos has no column \"kind\""),
        ("photos --kind table", "photos is a directory, not a table file"),
        ("photos --resize 8", "--resize"),
        ("missing/", "missing/ does not exist"),
    ] {
        let said = context.refusal(&format!("spec {data} -o stat.json"));
        assert!(said.contains(message), "{data}: {said}");
    }
    assert!(!context.path("stat.json").exists());
}

#[test]
fn images_are_searched_predicted_combined_and_solved() {
    let context = dock();
    let checked = context.run("check c.zip");
    assert_eq!(checked.code, 0, "{checked:?}");
    // Other sizes: the model's own is made of them.
    folder(&context, "new", 20);
    let found = context.json("search --spec new");
    assert_eq!(found["single"][0]["name"], "Colours", "{found}");
    let done = context.json("run 1 new");
    assert_eq!(labels(&done), [["green"; 16], ["red"; 16]].concat(), "{done}");
    assert_eq!(labels(&context.json("run c.zip new/red/03.png")), ["red"]);
    for method in ["top-one", "job-selector", "auto"] {
        let done = context.json(&format!("reuse --learnwares 1,1 new --method {method}"));
        assert_eq!(labels(&done), [["green"; 16], ["red"; 16]].concat(), "{done}");
    }
    let solved = context.json("solve new --labels folder --report report.html");
    assert_eq!((solved["kind"].as_str(), solved["rows"].as_u64()), (Some("Image"), Some(32)), "{solved}");
    let page = std::fs::read_to_string(context.path("report.html")).unwrap();
    assert!(page.contains("32 images, classification"), "{page}");
    std::fs::create_dir(context.path("notes")).unwrap();
    context.write("notes/a.txt", "some words");
    context.write("t.csv", "a,b\n1,2\n");
    context.write("two.npy", npy("|u1", "(2, 3)", &[1; 6]));
    for (data, message) in [
        ("nowhere", "nowhere does not exist"),
        ("notes", "learnware 00000001 takes images, not texts"),
        ("t.csv", "t.csv holds no images"),
        ("t.csv --kind table", "learnware 00000001 takes images, not tables"),
        ("two.npy", "an array of shape [2, 3] holds no images"),
    ] {
        let said = context.refusal(&format!("run 1 {data}"));
        assert!(said.contains(message), "{data}: {said}");
    }
}

#[test]
fn learnwares_of_several_sizes_work_together() {
    let context = dock();
    context.write(
        "larger.onnx",
        tinyonnx::mean_colours([3, 12, 12], &[&[-20.0, 20.0, 0.0], &[20.0, -20.0, 0.0]]),
    );
    context.json(
        "pack larger.onnx --data photos --labels folder --name Larger --license mit --description Red_or_green. -o l.zip",
    );
    folder(&context, "new", 20);
    let done = context.json("reuse --learnwares c.zip,l.zip new --method average");
    assert_eq!(labels(&done), [["green"; 16], ["red"; 16]].concat(), "{done}");
}

#[test]
fn a_package_can_have_the_references_specification_beside_ours() {
    let context = dock();
    let packed = context.json(
        "pack colour.onnx --data photos --labels folder --name Colours_twice --license mit --description Red_or_green. \
         --compat --reduced-set-size 5 -o twice.zip",
    );
    let kinds: Vec<&str> = packed["specifications"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| kind["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["EmbeddedImageSpecification", "RKMEImageSpecification"]);
    assert_eq!(context.json("submit twice.zip")["status"], "usable");
    let bytes = std::fs::read(context.path("twice.zip")).unwrap();
    let manifest =
        learnware_package::Package::from_bytes(bytes).unwrap().read_text("learnware.yaml").unwrap();
    let (shared, more) = manifest.split_once("more_specifications").unwrap();
    assert!(shared.contains("RKMEImageSpecification") && !shared.contains("EmbeddedImage"), "{manifest}");
    assert!(more.contains("EmbeddedImageSpecification"), "{manifest}");

    context.json("spec photos --compat --reduced-set-size 5 -o reference.json");
    let found = context.json("search --spec reference.json");
    assert_eq!(found["single"][0]["name"], "Colours_twice", "{found}");
    assert_eq!(found["island"]["kind"], "reference_image");
    context.json("spec photos -o ours.json");
    assert_eq!(context.json("search --spec ours.json")["single"].as_array().unwrap().len(), 2);
}
