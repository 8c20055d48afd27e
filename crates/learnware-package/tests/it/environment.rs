//! What packages ask to be installed, as one request.

use learnware_package::environment::EnvironmentRequest;

#[test]
fn a_requirements_file_becomes_a_sorted_request_without_learnware() {
    let text = "# comment\nscikit-learn >= 1.0  # why\nlearnware==0.3.2\nTorch==1.13.1+cpu\n--index-url https://example.invalid\nnumpy @ file:///croot/numpy\n\n";
    let request = EnvironmentRequest::from_requirements(text).unwrap();
    assert_eq!(request.requirements, ["numpy", "scikit-learn>=1.0", "torch==1.13.1"]);
    assert_eq!(request.notes.len(), 4, "{:?}", request.notes);
    let other = EnvironmentRequest::from_requirements("torch==1.13.1\nscikit_learn>=1.0\nnumpy").unwrap();
    assert_eq!(request.key(), other.key());
}

#[test]
fn options_addresses_and_shell_words_are_refused_with_their_line() {
    for line in [
        "-r other.txt",
        "-e .",
        "git+https://example.invalid/x",
        "x @ https://example.invalid/x.whl",
        "x;touch${IFS}/p",
        "x $(id)",
        "./local",
        "--find-links=x --break",
        "x && y",
    ] {
        let result = EnvironmentRequest::from_requirements(&format!("numpy\n{line}\n"));
        if line.starts_with("--find-links") {
            assert_eq!(result.unwrap().requirements, ["numpy"]);
        } else {
            assert!(result.unwrap_err().to_string().contains("line 2"), "{line}");
        }
    }
}

#[test]
fn a_conda_file_is_translated_and_programs_are_named() {
    let text = "name: env\nchannels: [defaults]\ndependencies:\n- python=3.8.10=h12debc9_1\n- pytorch=1.10\n- conda-forge::scikit-learn=1.0.2=py38_0\n- libgcc-ng=9\n- pandas>=1.1,<2\n- pip\n- pip:\n  - joblib==1.1.0\n  - learnware\n";
    let request = EnvironmentRequest::from_conda(text).unwrap();
    assert_eq!(request.python.as_deref(), Some("==3.8.10"));
    assert_eq!(
        request.requirements,
        ["joblib==1.1.0", "numpy", "pandas>=1.1,<2", "scikit-learn==1.0.2", "torch==1.10.*"]
    );
    let error =
        EnvironmentRequest::from_conda("dependencies: [ffmpeg, r-base, numpy]").unwrap_err().to_string();
    assert!(error.contains("ffmpeg, r-base"), "{error}");
}
