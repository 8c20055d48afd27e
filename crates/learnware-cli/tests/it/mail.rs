//! Codes by mail, to a server that stands in for one of the world.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
#[cfg(unix)]
use std::process::Command;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::context::TestContext;
use crate::server::{Server, administrator};

const PASSWORD: &str = "correct horse\n";
/// Longer than any letter of these tests takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A mail server on this machine. It answers each recipient by the next of `answers`, then takes everything.
struct MailServer {
    address: String,
    letters: Receiver<String>,
}

impl MailServer {
    fn start(answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (sender, letters) = mpsc::channel();
        let mut answers = answers.iter().copied();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                talk(stream.unwrap(), &mut answers, &sender).ok();
            }
        });
        Self { address, letters }
    }

    /// The next letter that came.
    fn letter(&self) -> String {
        self.letters.recv_timeout(PATIENCE).expect("a letter")
    }

    fn serve(&self, context: &TestContext) -> Server {
        let smtp = format!("smtp://{}?tls=none", self.address);
        let variables = [
            ("LEARNWARE_SMTP", smtp.as_str()),
            ("LEARNWARE_MAIL_FROM", "The Dock <dock@example.org>"),
            ("LEARNWARE_ADDRESS", "https://dock.example.org/"),
            ("LEARNWARE_LOGINS_PER_MINUTE", "50"),
        ];
        Server::start_with(context, &variables)
    }
}

fn talk(
    mut stream: TcpStream,
    answers: &mut impl Iterator<Item = &'static str>,
    letters: &Sender<String>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    stream.write_all(b"220 mail.example.org\r\n")?;
    while let Some(line) = lines.next() {
        let line = line?.to_uppercase();
        let answer = match line.split(':').next().unwrap_or_default() {
            "RCPT TO" => answers.next().unwrap_or("250 good"),
            "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                let text: Vec<String> =
                    lines.by_ref().map_while(Result::ok).take_while(|line| line != ".").collect();
                letters.send(text.join("\n")).ok();
                "250 taken"
            }
            "QUIT" => "221 bye",
            _ => "250 good",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes())?;
    }
    Ok(())
}

fn code_in(letter: &str) -> String {
    let (_, code) = letter.split_once('#').unwrap_or_else(|| panic!("no link in {letter}"));
    code.lines().next().unwrap().to_owned()
}

fn register(context: &TestContext, server: &Server, name: &str) {
    let person = format!("--email {name}@example.org --password-stdin --dock {}", server.url());
    let registered = context.run_input(&format!("register --name {name} {person}"), PASSWORD);
    assert_eq!(registered.code, 0, "{registered:?}");
}

/// Waits until the log says something.
fn wait_for(server: &Server, said: &str) -> String {
    let begun = Instant::now();
    loop {
        let log = server.log();
        if log.contains(said) {
            return log;
        }
        assert!(begun.elapsed() < PATIENCE, "{said:?} is not in {log}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn codes_come_by_mail_and_are_not_in_the_log() {
    let (context, mail) = (TestContext::new(), MailServer::start(&[]));
    let server = mail.serve(&context);
    register(&context, &server, "ann");
    let letter = mail.letter();
    for said in [
        "To: ann@example.org",
        "From: \"The Dock\" <dock@example.org>",
        "Auto-Submitted: auto-generated",
        "https://dock.example.org/account/confirm#lwd_",
        "learnware register --dock https://dock.example.org --confirm lwd_",
    ] {
        assert!(letter.contains(said), "{said} is not in {letter}");
    }
    let code = code_in(&letter);
    context.json(&format!("register --confirm {code} --dock {}", server.url()));

    let asked = |email: &str| {
        let answer = server.post("/api/v1/accounts/reset-code", None, &json!({"email": email}));
        (answer.status, answer.body)
    };
    assert_eq!(asked("nobody@example.org"), asked("ann@example.org"), "the answer tells nothing");
    let letter = mail.letter();
    assert!(letter.contains("To: ann@example.org") && letter.contains("/account/reset#lwd_"), "{letter}");
    let code = code_in(&letter);
    let login =
        format!("login --email ann@example.org --password-stdin --code {code} --dock {}", server.url());
    let logged_in = context.run_input(&login, "another horse\n");
    assert_eq!(logged_in.code, 0, "{logged_in:?}");
    assert!(mail.letters.try_recv().is_err(), "nobody else got a letter");
    assert!(!server.log().contains("lwd_"), "{}", server.log());
}

#[test]
fn a_letter_that_is_refused_is_told_to_the_operator_alone() {
    let (context, mail) = (TestContext::new(), MailServer::start(&["550 no such mailbox", "451 come again"]));
    let server = mail.serve(&context);
    let (session, _) = administrator(&server);
    register(&context, &server, "ann");
    let log = wait_for(&server, "a letter could not be sent");
    assert!(log.contains("no such mailbox") && !log.contains("lwd_"), "{log}");
    register(&context, &server, "bob");
    wait_for(&server, "next attempt in 5 s");
    assert!(mail.letter().contains("To: bob@example.org"), "it is tried again");
    let figures = String::from_utf8(server.get("/metrics", Some(&session)).body).unwrap();
    assert!(figures.contains("learnware_letters_total{result=\"failed\"} 1"), "{figures}");
}

#[cfg(unix)]
#[test]
fn a_server_that_ends_sends_what_is_left_and_does_not_wait_for_more() {
    let (context, mail) = (TestContext::new(), MailServer::start(&[]));
    let mut server = mail.serve(&context);
    register(&context, &server, "ann");
    let kill = Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let begun = Instant::now();
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(8), "nothing is left to wait for");
    assert!(mail.letter().contains("To: ann@example.org"));
}

#[test]
fn nobody_is_pestered() {
    let (context, mail) = (TestContext::new(), MailServer::start(&[]));
    let server = mail.serve(&context);
    administrator(&server);
    for _ in 0..7 {
        let wish = json!({"email": "chief@example.org"});
        assert_eq!(server.post("/api/v1/accounts/reset-code", None, &wish).status, 202);
    }
    let log = wait_for(&server, "a letter was dropped");
    assert!(!log.contains("lwd_"), "{log}");
}

#[test]
fn links_of_letters_lead_to_pages_that_load_nothing_from_elsewhere() {
    let context = TestContext::new();
    let server = Server::start(&context);
    let guesses = [json!({"code": "lwd_guess"}), json!({"code": "lwd_guess", "password": "another horse"})];
    for (page, guess) in ["confirm", "reset"].into_iter().zip(guesses) {
        let shown = server.get(&format!("/account/{page}"), None);
        assert!(shown.status == 200 && shown.headers.contains("default-src 'none'"), "{shown:?}");
        let text = String::from_utf8(shown.body).unwrap();
        assert!(!text.contains("http:") && !text.contains("https:"), "{text}");
        let (_, route) = text.split_once("data-route=\"..").unwrap();
        let route = &route[..route.find('"').unwrap()];
        assert_eq!(server.post(route, None, &guess).code(), "bad-code");
    }
    assert!(server.get("/account/code.js", None).headers.contains("text/javascript"));
}

#[test]
fn mail_without_a_sender_is_refused_at_the_start_and_passwords_are_not_shown() {
    let context = TestContext::new();
    context.write("own.toml", "smtp = \"smtps://ann:secret@mail.example.org\"\n");
    let wrong = context.run("serve --config own.toml");
    assert!(wrong.code == 2 && wrong.stderr.contains("LEARNWARE_MAIL_FROM"), "{wrong:?}");
    context.write(
        "own.toml",
        "smtp = \"smtps://ann:secret@mail.example.org\"\nmail_from = \"dock@example.org\"\naddress = \"https://dock\"\n",
    );
    let shown = context.run("serve --show-config --config own.toml");
    assert!(shown.code == 0 && shown.stdout.contains("mail.example.org"), "{shown:?}");
    assert!(!shown.stdout.contains("secret"), "{shown:?}");
}
