/** The words that a semantic specification may use (the reference's vocabulary). A test compares them with the server's. */
export const TASKS = ['Classification', 'Regression', 'Feature Extraction', 'Segmentation', 'Object Detection', 'Text Generation', 'Others'];
export const DATA = ['Table', 'Image', 'Text'];
export const LIBRARIES = ['Scikit-learn', 'PyTorch', 'TensorFlow', 'Others'];
export const SCENARIOS = ['Business', 'Financial', 'Health', 'Politics', 'Computer', 'Internet', 'Traffic', 'Nature', 'Fashion', 'Industry', 'Agriculture', 'Education', 'Entertainment', 'Architecture', 'Others'];
export const LICENSES = ['MIT', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'GPL-2.0', 'GPL-3.0', 'LGPL-2.1', 'LGPL-3.0', 'AGPL-3.0', 'ECL-2.0', 'AFL-3.0', 'CC-BY-4.0', 'CC-BY-SA-4.0', 'Others'];
