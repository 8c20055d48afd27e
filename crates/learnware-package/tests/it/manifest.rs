//! `learnware.yaml` as the reference reads it, and what is refused.

use learnware_engine::learnware::{LearnwareId, ModelFormat};
use learnware_engine::semantic::SemanticSpecification;
use learnware_package::manifest::Manifest;
use learnware_package::yaml::Yaml;
use learnware_package::{Package, archive};

use crate::support::{LEGACY_YAML, files, legacy_stat};

#[test]
fn absent_keys_take_the_defaults_of_the_reference() {
    let manifest = Manifest::parse("name: something\n").unwrap();
    assert_eq!(manifest.model.class_name, "Model");
    assert_eq!(manifest.model.module_path, "__init__.py");
    assert_eq!(manifest.model.kwargs, Yaml::Map(Vec::new()));
    assert_eq!(manifest.specifications[0].file_name, "stat_spec.json");
    assert_eq!(manifest.format, ModelFormat::Python);
    Manifest::parse(LEGACY_YAML).unwrap();
}

#[test]
fn what_the_references_template_writes_keeps_its_tuples() {
    let text = "model:\n  class_name: PickleLoadedModel\n  kwargs:\n    input_shape: !!python/tuple\n    - 20\n    output_shape: !!python/tuple\n    - 1\n    predict_method: predict\n";
    let manifest = Manifest::parse(text).unwrap();
    let tuple = Yaml::Tuple(vec![Yaml::Int(20)]);
    assert_eq!(manifest.model.kwargs.get("input_shape"), Some(&tuple));
    let again = Manifest::parse(&manifest.served_as("00000007").write()).unwrap();
    assert_eq!(again.model, manifest.model);
    assert_eq!(again.id.as_deref(), Some("00000007"));
}

#[test]
fn manifests_that_mean_nothing_or_name_code_are_refused() {
    let cases = [
        ("model:\n", "no value"),
        ("[]", "must be a map"),
        ("model: {class_name: 'a b'}", "not a Python name"),
        ("model: {module_path: ../x.py}", "not a plain name"),
        ("model: {module_path: /etc/x.py}", "not a plain name"),
        ("model: {kwargs: [1]}", "must be a map"),
        ("stat_specifications:\n", "must be a list"),
        (
            "stat_specifications: [{module_path: subprocess, class_name: Popen, file_name: stat.json, kwargs: {args: [touch, x]}}]",
            "Nothing was executed",
        ),
        (
            "stat_specifications: [{module_path: evil.py, class_name: RKMETableSpecification, file_name: stat.json}]",
            "Nothing was executed",
        ),
        (
            "stat_specifications: [{module_path: learnware.specification, class_name: Popen, file_name: stat.json}]",
            "not a kind",
        ),
        (
            "stat_specifications: [{class_name: RKMETableSpecification, file_name: ../../etc/passwd}]",
            "not a plain name",
        ),
        ("name: !!python/object/apply:os.system ['id']", "not allowed"),
        ("format: exe", "not one of"),
        ("format: onnx", "must name its data file"),
    ];
    for (text, wanted) in cases {
        let error = Manifest::parse(text).unwrap_err().to_string();
        assert!(error.contains(wanted), "{text}: {error}");
    }
}

#[test]
fn a_served_package_has_its_id_and_semantic_file_at_the_root() {
    let list = [
        ("top/learnware.yaml", LEGACY_YAML),
        ("top/__init__.py", "x = 1"),
        ("top/stat.json", &legacy_stat(4)),
    ];
    let package = Package::from_bytes(archive::write(&files(&list)).unwrap()).unwrap();
    assert_eq!(package.statistical().len(), 1);
    assert!(package.semantic().is_none());
    let semantic = SemanticSpecification { name: "a name".into(), ..Default::default() };
    let id = LearnwareId("00000012".into());
    let served = package.repack(&id, &semantic).unwrap();
    assert_eq!(served, package.repack(&id, &semantic).unwrap());
    let opened = Package::from_bytes(served).unwrap();
    assert_eq!(opened.manifest().id.as_deref(), Some("00000012"));
    assert_eq!(opened.semantic(), Some(&semantic));
    assert_eq!(opened.statistical(), package.statistical());
}

#[test]
fn what_the_package_needs_must_be_there_and_sound() {
    let good = legacy_stat(4);
    let short = good.replace("0.2, 0.3, 0.5", "0.5, 0.5");
    let cases: [(&[(&str, &str)], &str); 6] = [
        (&[("__init__.py", "")], "no learnware.yaml"),
        (&[("learnware.yaml", LEGACY_YAML), ("__init__.py", "")], "no stat.json"),
        (&[("learnware.yaml", LEGACY_YAML), ("stat.json", &good)], "no __init__.py"),
        (&[("learnware.yaml", LEGACY_YAML), ("__init__.py", ""), ("stat.json", &short)], "beta"),
        (
            &[
                ("learnware.yaml", LEGACY_YAML),
                ("__init__.py", ""),
                ("stat.json", "{\"z\": [[NaN]], \"beta\": [1]}"),
            ],
            "not JSON",
        ),
        (
            &[
                ("learnware.yaml", LEGACY_YAML),
                ("__init__.py", ""),
                ("stat.json", &good),
                ("semantic_specification.json", "["),
            ],
            "not JSON",
        ),
    ];
    for (list, wanted) in cases {
        let error = Package::from_bytes(archive::write(&files(list)).unwrap()).unwrap_err().to_string();
        assert!(error.contains(wanted), "{wanted}: {error}");
    }
}
