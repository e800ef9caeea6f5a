//! Files that are none, or not what they say.

use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};
use shared::limits::TITLE_CHARS;
use shared::protocol::kind;
use uuid::Uuid;

use super::{import, text};
use crate::audit::audit;
use crate::harness::{Server, footprint, problem};
use crate::rest::good;

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_a_word_and_changes_nothing() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let before = footprint(&server).await;
    let deep = format!("{{\"format\":\"tern-export-1\",\"tasks\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let utf16: Vec<u8> = "\u{feff}title\nMend".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (query, file, word) in [
        ("", b"".as_slice(), "empty"),
        ("", b" \n\n", "empty"),
        ("", b"PK\x03\x04\0\0\0\0", "Line 1 holds a byte that no text has"),
        ("", b"title\nMend\nSea\xff", "Line 3 is not UTF-8"),
        ("", &utf16, "UTF-16"),
        ("", b"title,notes\nMend,\"so\nmuch\nPaint,", "look at line 2"),
        ("", b"name,due\nMend,2026-03-01", "no column `title`"),
        ("format=asana", b"title\nMend", "no column `name`"),
        ("format=todoist", b"title\nMend", "no column `type`"),
        ("", b"{", "no valid JSON"),
        ("", b"[]", "no export of Tern's"),
        ("", b"{\"tasks\": []}", "no export of Tern's"),
        ("", b"{\"format\": \"tern-export-1\", \"tasks\": 7}", "no valid JSON"),
        ("", b"{\"format\": \"tern-export-2\", \"tasks\": 7}", "Update Tern"),
        ("format=json", b"title\nMend", "no valid JSON"),
        ("format=trello", b"{\"lists\": [], \"cards\": [{}]}", "no export of Tern's"),
    ] {
        let request = ines.request(Method::POST, &format!("/api/import?{query}")).body(file.to_vec());
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{word}");
        let problem = problem(answer).await;
        assert!(problem.kind == kind::INVALID && problem.detail.contains(word), "{word}: {problem:?}");
    }
    let report = import(&ines, "", deep).await;
    assert_eq!((&report["made"], problems(&report)), (&json!({}), vec![(1, String::new(), true)]));
    assert_eq!(footprint(&server).await, before);
}

/// What a report says of each line: the line, the column, and whether the whole row was left out.
fn problems(report: &Json) -> Vec<(u64, String, bool)> {
    let all = report["problems"].as_array().unwrap();
    let one = |one: &Json| {
        let column = one["column"].as_str().unwrap_or_default().to_owned();
        (one["line"].as_u64().unwrap(), column, one["left_out"] == "row")
    };
    all.iter().map(one).collect()
}

#[tokio::test]
async fn of_a_bad_row_as_much_is_made_as_can_be_and_the_rest_is_told() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let query = format!("project={}", ines.project().await);
    let long = "x".repeat(TITLE_CHARS + 1);
    let tag = "t".repeat(51);
    let table = format!(
        "\u{feff}title;status;priority;due;estimate;id;tags;whim\r\n\
         Good;doing;high;2026-03-01;7;;;\r\n\
         ;;;;;;;\r\n\
         ;todo;;;;;;\r\n\
         {long};;;;;;;\r\n\
         Bad values;soon;9;31/12/2026;-1;7;ok, {tag};\r\n\
         Wide;;;;;;;;more\r\n\
         Short\r\n"
    );
    let report = import(&ines, &query, table).await;
    assert_eq!(report["made"], json!({ "task": 4 }), "{report}");
    let value = |line, column: &str| (line, column.to_owned(), false);
    let mut found = problems(&report);
    found.sort();
    let mut wanted = vec![
        (4, "title".to_owned(), true),
        (5, "title".to_owned(), true),
        value(6, "status"),
        value(6, "priority"),
        value(6, "due"),
        value(6, "estimate"),
        value(6, "id"),
        value(6, "tags"),
        value(7, ""),
    ];
    wanted.sort();
    assert_eq!(found, wanted);
    assert_eq!(
        (&report["mapped"]["columns"]["whim"], &report["mapped"]["columns"]["due"]),
        (&Json::Null, &json!("due"))
    );
    assert_eq!(report["mapped"]["statuses"], json!({ "doing": "in_progress" }));
    let tasks = good(ines.request(Method::GET, "/api/tasks?sort=created").send().await.unwrap(), StatusCode::OK).await;
    // All are of one moment.
    let task = tasks["items"].as_array().unwrap().iter().find(|task| task["title"] == "Bad values").unwrap();
    assert_eq!(
        (&task["title"], &task["tags"], &task["status"]),
        (&json!("Bad values"), &json!(["ok"]), &json!("todo"))
    );
}

#[tokio::test]
async fn rows_that_name_each_other_wrongly_are_told() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let project = ines.project().await;
    let id: Vec<Uuid> = (0..6).map(|_| Uuid::now_v7()).collect();
    let task = |id: &Uuid, more: Json| {
        let mut task = json!({ "id": id, "title": "Mend", "project": project });
        task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        task
    };
    let nowhere = Uuid::now_v7();
    let tasks = [
        task(&id[0], json!({ "parent": id[1] })),
        task(&id[1], json!({ "parent": id[0] })),
        task(&id[0], json!({ "title": "Doubled" })),
        task(
            &id[2],
            json!({ "section": nowhere, "relations": [format!("blocks:{nowhere}"), 7], "assignees": [nowhere] }),
        ),
        task(&id[3], json!({ "project": nowhere })),
        task(&id[4], json!({ "status": "finished", "custom": { (nowhere.to_string()): 1 }, "whim": { "a": 1 } })),
        json!({ "title": "Without an id" }),
        json!(7),
        task(&id[5], json!({ "title": 7 })),
    ];
    let rows: Vec<String> = tasks.iter().map(Json::to_string).collect();
    let comment = json!({ "id": Uuid::now_v7(), "task": id[3], "body": "On nothing" });
    let file =
        format!("{{\"format\": \"tern-export-1\", \"tasks\": [\n{}],\n\"comments\": [{comment}]}}", rows.join(",\n"));
    let report = import(&ines, "", file).await;
    assert_eq!(report["made"], json!({ "task": 4 }), "{report}");
    let (value, row) =
        (|line, column: &str| (line, column.to_owned(), false), |line, column: &str| (line, column.to_owned(), true));
    let mut found = problems(&report);
    found.sort();
    let mut wanted = vec![
        value(3, "parent"),
        row(4, ""),
        value(5, "section"),
        value(5, "relations"),
        value(5, "relations"),
        value(5, "people"),
        row(6, "project"),
        value(7, "status"),
        value(7, &format!("custom.{nowhere}")),
        value(7, "whim"),
        row(8, ""),
        row(9, ""),
        value(10, "title"),
        row(10, "title"),
        row(11, "task"),
    ];
    wanted.sort();
    assert_eq!(found, wanted, "{report}");
    assert!(report["content"]["equal"] == json!(false) && text(&report["content"]["here"]).len() == 64);
    audit(&server).await;
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let many = format!("title\n{}", "x\n".repeat(exchange::read::ROWS + 1));
    let answer = ines.request(Method::POST, "/api/import").body(many).send().await.unwrap();
    crate::harness::check(answer, 413, kind::TOO_LARGE).await;
    let large = ines.request(Method::POST, "/api/import").body(vec![b'x'; exchange::read::BYTES + 1]);
    crate::harness::check(large.send().await.unwrap(), 413, kind::TOO_LARGE).await;
    let line = format!("title,description\nMend,{}", "x".repeat(2_000_000));
    let report = import(&ines, "", line).await;
    assert_eq!(problems(&report), [(2, "description".to_owned(), true)], "{report}");
    assert!(text(&report["problems"][0]["value"]).chars().count() <= 101);
}
