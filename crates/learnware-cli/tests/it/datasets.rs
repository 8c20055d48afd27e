//! Benchmark data sets: in a folder, at a server, and for the reference's client.

use serde_json::json;

use crate::context::TestContext;
use crate::server::{Server, administrator};

#[test]
fn data_sets_are_kept_in_a_folder() {
    let context = TestContext::new();
    context.write("test.csv", "x,y\n1,2\n");
    assert_eq!(context.json("dataset add digits/test.csv test.csv")["size_bytes"], 8);
    assert_eq!(context.json("dataset list")["datasets"][0]["folder"], "digits");
    context.json("dataset get digits/test.csv -o out.csv");
    assert_eq!(std::fs::read(context.path("out.csv")).unwrap(), b"x,y\n1,2\n");
    let refused = context.refusal("dataset add ../test.csv test.csv");
    assert!(refused.contains("a name is FOLDER/FILE"), "{refused}");
    context.json("dataset remove digits/test.csv");
    let gone = context.refusal("dataset get digits/test.csv");
    assert!(
        gone.contains("no data set digits/test.csv") && gone.contains("learnware dataset list"),
        "{gone}"
    );
}

#[test]
fn administrators_bring_data_sets_to_a_server_and_everybody_takes_them() {
    let context = TestContext::new();
    let server = Server::start(&context);
    let (session, _) = administrator(&server);
    let at = |arguments: &str| format!("{arguments} --dock {}", server.url());
    context.write("big.bin", vec![7; 3 << 20]);
    let denied = context.refusal(&at("dataset add m5/big.bin big.bin"));
    assert!(denied.contains("learnware login"), "{denied}");
    let path = "/api/v1/datasets/m5/big.bin";
    let kind = "application/octet-stream";
    let kept = server.send("PUT", path, Some(&session), kind, &vec![7; 3 << 20]);
    assert_eq!(kept.status, 200, "{kept:?}");
    context.json(&at("dataset get m5/big.bin -o back.bin"));
    assert_eq!(std::fs::read(context.path("back.bin")).unwrap(), vec![7; 3 << 20]);
    assert_eq!(context.json(&at("dataset list"))["datasets"][0]["size_bytes"], 3 << 20);
    for bad in ["/api/v1/datasets/..%2f..%2fetc/passwd", "/api/v1/datasets/a/%2e%2e"] {
        let refused = server.get(bad, None);
        assert!(refused.status == 400 || refused.status == 404, "{bad}: {refused:?}");
    }

    // As the reference's client and pages ask.
    let listed = server.post("/api/datasets/list_datasets", None, &json!({}));
    assert_eq!(listed.json()["data"]["datasets"], json!({"m5": ["big.bin"]}));
    let got = server.get("/datasets/download_datasets?dataset=m5/big.bin", None);
    assert!(got.status == 200 && got.body.len() == 3 << 20);
    for (name, code) in [("m5/none.zip", 12), ("/etc/passwd", 11), ("a/../../b", 11), ("", 11)] {
        let refused = server.get(&format!("/datasets/download_datasets?dataset={name}"), None);
        assert!(refused.status >= 400 && refused.json()["code"] == code, "{name}: {refused:?}");
    }
    let form = "--edge\r\nContent-Disposition: form-data; name=\"file_path\"\r\n\r\npfs/a.csv\r\n\
                --edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../x\"\r\n\r\n1\r\n--edge--\r\n";
    let kind = "multipart/form-data; boundary=edge";
    let unknown = server.send("POST", "/datasets/upload_dataset", None, kind, form.as_bytes());
    assert_eq!(unknown.json()["code"], 11, "{unknown:?}");
    let added = server.send("POST", "/datasets/upload_dataset", Some(&session), kind, form.as_bytes());
    assert_eq!(added.json()["code"], 0, "{added:?}");
    let removed = server.post("/datasets/delete_datasets", Some(&session), &json!({"dataset": "m5/big.bin"}));
    assert_eq!(removed.json()["code"], 0, "{removed:?}");
    let listed = server.post("/datasets/list_datasets", None, &json!({}));
    assert_eq!(listed.json()["data"]["datasets"], json!({"pfs": ["a.csv"]}));
}
