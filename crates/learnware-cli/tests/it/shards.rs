//! Servers that share the islands: each answers for the others.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::context::TestContext;
use crate::server::{Server, administrator};

/// Which of two servers keeps tables of so many columns.
fn home(columns: usize) -> u64 {
    let island = json!({"kind": "table", "dimension": columns}).to_string();
    let hash = blake3::hash(island.as_bytes());
    u64::from_le_bytes(hash.as_bytes()[..8].try_into().unwrap()) % 2
}

/// A learnware of so many columns in the dock, and a specification like its own.
fn submit(context: &TestContext, server: &Server, token: &str, columns: usize) -> Value {
    let factors = vec![1.0; columns];
    context.linear_model("model.onnx", &[&factors]);
    let names: Vec<String> = (0..columns).map(|column| format!("c{column}")).collect();
    let mut text = names.join(",") + ",y\n";
    for row in 0..60_usize {
        let values = (0..columns).map(|column| ((row * (column + 3)) % 17) as f64 / 4.0);
        let values: Vec<f64> = values.collect();
        let cells: Vec<String> = values.iter().map(ToString::to_string).collect();
        text += &format!("{},{}\n", cells.join(","), values.iter().sum::<f64>());
    }
    context.write("train.csv", text);
    let pack = ["pack", "model.onnx", "--data", "train.csv", "--labels", "y", "-o", "model.zip"];
    let words = ["--name", "Adds columns", "--description", "Adds all columns up.", "--license", "mit"];
    let packed = context.run_with(&[&pack[..], &words[..]].concat());
    assert_eq!(packed.code, 0, "{packed:?}");
    let zip = std::fs::read(context.path("model.zip")).unwrap();
    let submitted = server.send("POST", "/api/v1/learnwares", Some(token), "application/zip", &zip);
    let id = submitted.json()["id"].as_str().unwrap().to_owned();
    // It ends when the check has.
    server.get(&format!("/api/v1/learnwares/{id}/events"), Some(token));
    let name = format!("spec{columns}.json");
    let made = context.run(&format!("spec train.csv --drop y -o {name}"));
    assert_eq!(made.code, 0, "{made:?}");
    let specification: Value = serde_json::from_slice(&std::fs::read(context.path(&name)).unwrap()).unwrap();
    json!({"id": id, "columns": columns, "specification": specification})
}

fn search(server: &Server, learnware: &Value) -> crate::server::Reply {
    server.post("/api/v1/search", None, &json!({"statistical": [learnware["specification"]]}))
}

#[test]
fn servers_that_share_the_islands_answer_for_each_other() {
    let context = TestContext::new();
    let second = (3..12).find(|&columns| home(columns) != home(2)).unwrap();
    let (learnwares, token) = {
        let server = Server::start(&context);
        let (_, token) = administrator(&server);
        ([2, second].map(|columns| submit(&context, &server, &token, columns)), token)
    };
    let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let addresses = [free(), free()];
    let all = addresses.clone().map(|address| format!("http://{address}")).join(",");
    let start = |which: usize| {
        let shard = format!("{}/2", which + 1);
        let variables =
            [("LEARNWARE_SHARD", &*shard), ("LEARNWARE_SHARDS", &*all), ("LEARNWARE_WORKERS", "0")];
        Server::start_at(&context, &addresses[which], &variables)
    };
    let mut servers = vec![start(0), start(1)];
    for server in &servers {
        for learnware in &learnwares {
            let found = search(server, learnware).json();
            assert_eq!(found["single"][0]["id"], learnware["id"], "{found}");
            assert_eq!(found["single"].as_array().unwrap().len(), 1);
            assert_eq!(found["funnel"]["total"], 2);
            assert_eq!(found["funnel"]["other_islands"][0]["learnwares"], 1, "{found}");
            let island = json!({"kind": "table", "dimension": learnware["columns"]});
            let wish = json!({"island": island, "ids": [learnware["id"]]});
            let shown = server.post("/api/v1/specifications", Some(&token), &wish).json();
            assert_eq!(shown.as_object().unwrap().len(), 1, "{shown}");
            assert_eq!(server.post("/api/v1/anchors", None, &json!({"island": island})).status, 200);
        }
        let islands = server.get("/api/v1/dock", None).json();
        assert_eq!(islands["islands"].as_array().unwrap().len(), 2, "{islands}");
    }

    // One is down: its islands can't be searched, others can.
    let down = servers.pop().unwrap();
    drop(down);
    for learnware in &learnwares {
        let reply = search(&servers[0], learnware);
        if home(usize::try_from(learnware["columns"].as_u64().unwrap()).unwrap()) == 0 {
            assert_eq!(reply.status, 200, "{reply:?}");
        } else {
            assert_eq!((reply.status, &*reply.code()), (503, "shard-down"));
            assert!(reply.json()["title"].as_str().unwrap().contains("(2 of 2)"), "{reply:?}");
        }
    }
}

#[test]
fn settings_of_shards_have_to_go_together() {
    let context = TestContext::new();
    for (variables, said) in [
        (vec![("LEARNWARE_SHARD", "1/2")], "LEARNWARE_SHARDS"),
        (vec![("LEARNWARE_SHARD", "3/2")], "LEARNWARE_SHARD"),
        (vec![("LEARNWARE_SHARDS", "http://a,http://b")], "LEARNWARE_SHARD"),
        (vec![("LEARNWARE_SHARD", "1/2"), ("LEARNWARE_SHARDS", "http://a,http://b")], "LEARNWARE_WORKERS"),
        (vec![("LEARNWARE_FIRST_STAGE_FROM", "100")], "LEARNWARE_DATABASE"),
    ] {
        let serve = ["serve", "--listen", "127.0.0.1:0"];
        let output = context.command(&serve).envs(variables.clone()).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains(said), "{variables:?}: {told}");
    }
}
