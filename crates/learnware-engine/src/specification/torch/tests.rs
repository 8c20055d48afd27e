//! Files of torch as torch writes them, and files that lie.

use proptest::prelude::*;

use super::*;
use crate::error::EngineError;

/// A zip as torch writes it, of files that are not compressed.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let start = bytes.len() as u32;
        let sizes = [content.len() as u32; 2].map(u32::to_le_bytes).concat();
        let name_length = (name.len() as u16).to_le_bytes();
        bytes.extend(b"PK\x03\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0".iter().chain(&sizes).chain(&name_length));
        bytes.extend([0; 2].iter().chain(name.as_bytes()).chain(*content));
        directory
            .extend(b"PK\x01\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".iter().chain(&sizes).chain(&name_length));
        directory.extend([0; 12].iter().chain(&start.to_le_bytes()).chain(name.as_bytes()));
    }
    let start = bytes.len() as u32;
    bytes.extend(&directory);
    let counts = [files.len() as u16; 2].map(u16::to_le_bytes).concat();
    bytes.extend(b"PK\x05\x06\0\0\0\0".iter().chain(&counts));
    bytes.extend((directory.len() as u32).to_le_bytes().iter().chain(&start.to_le_bytes()).chain(&[0; 2]));
    bytes
}

fn text(word: &str) -> Vec<u8> {
    [b"X", (word.len() as u32).to_le_bytes().as_slice(), word.as_bytes()].concat()
}

/// A tensor of `count` numbers from `offset` on, in a storage that says it has `held`.
fn tensor(kind: &str, held: u8, offset: u8, size: &[u8], stride: &[u8]) -> Vec<u8> {
    let tuple = |values: &[u8]| {
        let inner: Vec<u8> = values.iter().flat_map(|&value| [b'K', value]).collect();
        [b"(", inner.as_slice(), b"t"].concat()
    };
    let storage = [
        b"((".to_vec(),
        text("storage"),
        format!("ctorch\n{kind}\n").into_bytes(),
        text("0"),
        text("cpu"),
        vec![b'K', held, b't', b'Q', b'K', offset],
    ];
    let rest = [tuple(size), tuple(stride), b"\x89ccollections\nOrderedDict\n)RtR".to_vec()];
    [b"ctorch._utils\n_rebuild_tensor_v2\n".to_vec(), storage.concat(), rest.concat()].concat()
}

/// A dictionary of entries that are written already.
fn program(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let inner: Vec<u8> =
        entries.iter().flat_map(|(key, value)| [text(key), value.clone()].concat()).collect();
    [b"\x80\x02}(", inner.as_slice(), b"u."].concat()
}

fn of_tensor(tensor: Vec<u8>) -> Vec<u8> {
    program(&[("type", text("GenerativeModelSpecification")), ("task_vector", tensor)])
}

fn floats(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn file(program: &[u8], numbers: &[u8]) -> Vec<u8> {
    zip(&[("v/data.pkl", program), ("v/data/0", numbers), ("v/version", b"3\n")])
}

fn refusal(bytes: &[u8]) -> String {
    let error = read_vector(bytes).unwrap_err();
    assert!(matches!(error, EngineError::Format { .. }), "{error}");
    error.to_string()
}

#[test]
fn a_vector_is_read_with_its_base() {
    let plain = of_tensor(tensor("FloatStorage", 3, 0, &[3], &[1]));
    let vector = read_vector(&file(&plain, &floats(&[3.0, 0.0, -4.0]))).unwrap();
    assert_eq!(vector.direction().points().as_slice(), [0.6, 0.0, -0.8].map(|x| f64::from(x as f32)));
    assert!((vector.length() - 5.0).abs() < 1e-12);
    assert_eq!(*vector.base(), parameters::reference_base(3));
    let base =
        [b"}(".to_vec(), text("name"), text("tiny"), text("digest"), text("abc"), b"u".to_vec()].concat();
    let told = program(&[
        ("type", text("GenerativeModelSpecification")),
        ("task_vector", tensor("FloatStorage", 3, 1, &[2], &[1])),
        ("base", base),
        ("num_points", b"K\x07".to_vec()),
    ]);
    let vector = read_vector(&file(&told, &floats(&[9.0, 0.0, 1.0]))).unwrap();
    assert_eq!(vector.direction().points().as_slice(), [0.0, 1.0]);
    assert_eq!((vector.base().name.as_str(), vector.base().dimension), ("tiny", 2));
    assert_eq!(vector.direction().row_count(), 7);
}

#[test]
fn programs_that_do_anything_else_are_refused_by_name() {
    let cases: [(&[u8], &str); 12] = [
        (b"cos\nsystem\n(X\x02\0\0\0lstR.", "os.system"),
        (b"cbuiltins\neval\n.", "builtins.eval"),
        (b"\x80\x04\x8c\x08builtins\x8c\x04exec\x93.", "builtins.exec"),
        (b"ctorch\nload\n.", "torch.load"),
        (b"ctorch.storage\nUntypedStorage\n.", "torch.storage.UntypedStorage"),
        (b"(cos\nsystem\no.", "os.system"),
        (b"(i os\nsystem\n.", "instruction 'i'"),
        (b"}b.", "instruction 'b'"),
        (b"ccollections\nOrderedDict\n)\x81.", "instruction"),
        (b"\x82\x01.", "instruction"),
        (b"ccollections\nOrderedDict\n(K\x01tR.", "builds something"),
        (b"Pabc\n.", "instruction 'P'"),
    ];
    for (program, wanted) in cases {
        let found = refusal(&file(program, &[]));
        assert!(found.contains(wanted), "{found}");
    }
}

#[test]
fn sizes_that_lie_are_refused() {
    let numbers = floats(&[1.0, 2.0, 3.0]);
    let cases = [
        (tensor("FloatStorage", 200, 0, &[3], &[1]), "has 12 bytes, not 200 numbers"),
        (tensor("DoubleStorage", 3, 0, &[3], &[1]), "has 12 bytes, not 3 numbers of 8"),
        (tensor("FloatStorage", 3, 1, &[3], &[1]), "past the end"),
        (tensor("FloatStorage", 3, 0, &[3], &[0]), "not one after the other"),
        (tensor("FloatStorage", 3, 0, &[1, 3], &[3, 1]), "2 axes"),
        (tensor("FloatStorage", 3, 0, &[0], &[1]), "has 0 numbers"),
        (text("no tensor"), "not a tensor"),
    ];
    for (tensor, wanted) in cases {
        let found = refusal(&file(&of_tensor(tensor), &numbers));
        assert!(found.contains(wanted), "{found}");
    }
    let good = of_tensor(tensor("FloatStorage", 3, 0, &[3], &[1]));
    assert!(refusal(&file(&good, &floats(&[1.0, f32::NAN, 0.0]))).contains("number 1"));
    assert!(refusal(&file(&good, &floats(&[0.0; 3]))).contains("nothing was learned"));
    assert!(refusal(&zip(&[("v/data.pkl", &good)])).contains("no data/0"));
    assert!(refusal(&zip(&[("v/data/0", &numbers)])).contains("no data.pkl"));
    let big = zip(&[("v/data.pkl", &good), ("v/data/0", &numbers), ("v/byteorder", b"big")]);
    assert!(refusal(&big).contains("big order"));
    let other = program(&[("type", text("RKMETextSpecification"))]);
    assert!(refusal(&file(&other, &[])).contains("it is a RKMETextSpecification"));
}

#[test]
fn bombs_cost_nothing() {
    let long = [b"X\xff\xff\xff\x7f".to_vec(), vec![0; 64]].concat();
    let many = vec![b'N'; 20_000];
    let deep = [vec![b']'; 500], vec![b'a'; 499], b".".to_vec()].concat();
    // Each step would double what is kept.
    let doubling = [b"]".to_vec(), b"q\0h\0h\0\x86".repeat(100), b".".to_vec()].concat();
    let far = b"Nr\xff\xff\xff\x7f.".to_vec();
    for (program, wanted) in [
        (long, "a text"),
        (many, "instructions"),
        (deep, "deeper"),
        (doubling, "broken"),
        (far, "keeps more"),
    ] {
        let found = refusal(&file(&program, &[]));
        assert!(found.contains(wanted), "{found}");
    }
    let good = of_tensor(tensor("FloatStorage", 1, 0, &[1], &[1]));
    let mut packed = file(&good, &floats(&[1.0]));
    let entry = packed.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    packed[entry + 10] = 8;
    assert!(refusal(&packed).contains("compressed"));
    let names: Vec<String> = (0..65).map(|place| format!("v/{place}")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    assert!(refusal(&zip(&files)).contains("65 files"));
    assert!(refusal(&zip(&[("v/a", b""), ("w/a", b"")])).contains("twice"));
    let legacy = [b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.".as_slice(), &[0; 100]].concat();
    assert!(refusal(&legacy).contains("before 1.6"));
}

#[test]
fn a_file_that_was_cut_off_is_refused() {
    let good = file(&of_tensor(tensor("FloatStorage", 3, 0, &[3], &[1])), &floats(&[1.0, 2.0, 3.0]));
    (0..good.len()).for_each(|end| assert!(read_vector(&good[..end]).is_err(), "{end}"));
    assert!(is_torch(&good) && !is_torch(b"{\"type\""));
}

proptest! {
    #[test]
    fn no_change_of_bytes_makes_it_panic(changes in prop::collection::vec((0usize..600, any::<u8>()), 1..6)) {
        let mut bytes = file(&of_tensor(tensor("FloatStorage", 3, 0, &[3], &[1])), &floats(&[1.0, 2.0, 3.0]));
        for (place, byte) in changes {
            let place = place % bytes.len();
            bytes[place] = byte;
        }
        let _ = read_vector(&bytes);
    }

    #[test]
    fn no_program_makes_it_panic(program in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = read_vector(&file(&program, &[0; 12]));
    }
}
