//! Builds again when the pages change: new files are nobody's dependency otherwise.

fn main() {
    println!("cargo::rerun-if-changed=../../web/dist");
}
