//! Zips: what is accepted, and that writing is deterministic.

use learnware_package::archive::{self, Archive};

use crate::support::{files, raw, raw_zip};

#[test]
fn the_same_files_give_the_same_bytes_and_come_back() {
    let list = files(&[("b/c.txt", "text"), ("a", ""), ("名.txt", &"long ".repeat(1000))]);
    let bytes = archive::write(&list).unwrap();
    assert_eq!(bytes, archive::write(&list).unwrap());
    let opened = Archive::from_bytes(bytes).unwrap();
    for (name, content) in &list {
        assert_eq!(&opened.read(name, 1 << 20).unwrap(), content);
    }
    let folder = tempfile::tempdir().unwrap();
    opened.extract(&folder.path().join("new")).unwrap();
    assert_eq!(std::fs::read(folder.path().join("new/b/c.txt")).unwrap(), b"text");
    opened.extract(&folder.path().join("new")).unwrap_err();
}

#[test]
fn one_top_folder_is_taken_away_with_and_without_an_entry_of_its_own() {
    let mut folder = raw("top/", b"");
    folder.mode = 0o040_755;
    let inside = raw("top/learnware.yaml", b"x");
    let deeper = raw("top/sub/file", b"y");
    for entries in [vec![folder, inside.clone(), deeper.clone()], vec![inside.clone(), deeper.clone()]] {
        let opened = Archive::from_bytes(raw_zip(&entries)).unwrap();
        assert_eq!(opened.names().collect::<Vec<_>>(), ["learnware.yaml", "sub/file"]);
    }
    let mut entries = vec![inside, deeper, raw("__MACOSX/top/._learnware.yaml", b"junk")];
    assert!(Archive::from_bytes(raw_zip(&entries)).unwrap().contains("learnware.yaml"));
    entries.push(raw("beside", b"z"));
    assert!(Archive::from_bytes(raw_zip(&entries)).unwrap().contains("top/learnware.yaml"));
}

#[test]
fn a_zip_of_pythons_own_module_opens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    let code = "import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as z:\n z.comment = b'hello'\n z.writestr('a/b.txt', 'text' * 100)\n z.writestr('\u{e9}.txt', 'u')\n with z.open('big', 'w', force_zip64=True) as f: f.write(b'x')\n";
    let python = std::process::Command::new("python3").args(["-c", code]).arg(&path).status();
    if !python.is_ok_and(|status| status.success()) {
        println!("SKIPPED a_zip_of_pythons_own_module_opens: no python3");
        return;
    }
    let opened = Archive::open(&path).unwrap();
    assert_eq!(opened.names().collect::<Vec<_>>(), ["a/b.txt", "big", "é.txt"]);
    assert_eq!(opened.read("a/b.txt", 400).unwrap().len(), 400);
    assert_eq!(opened.read("big", 400).unwrap(), b"x");
    opened.read("a/b.txt", 399).unwrap_err();
}
