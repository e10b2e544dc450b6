//! `ottlc completions` and `ottlc man`.

use crate::common::{Folder, words};

const COMMANDS: [&str; 6] = ["run", "check", "fmt", "functions", "explain", "completions"];

#[test]
fn every_shell_is_told_every_command() {
    let folder = Folder::new();
    for (shell, sign) in [
        ("bash", "complete -F _ottlc"),
        ("zsh", "#compdef ottlc"),
        ("fish", "complete -c ottlc"),
        ("elvish", "edit:completion:arg-completer[ottlc]"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let run = folder.run(&["completions", shell]).success();
        assert!(run.text().contains(sign), "{shell}");
        for command in COMMANDS {
            assert!(run.text().contains(command), "{shell}: {command}");
        }
        assert!(run.text().contains("feature-gates"), "{shell}");
    }
    let run = folder.run(&["completions", "cmd"]);
    run.failure(2, &["invalid value 'cmd'"]);
}

#[test]
fn there_is_a_manual() {
    let folder = Folder::new();
    let run = folder.run(&["man"]).success();
    assert!(run.text().contains(".TH ottlc 1"), "{}", run.text());
    assert!(run.text().contains("SUBCOMMANDS"), "{}", run.text());
    assert_eq!(folder.names(), [""; 0]);
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = Folder::new();
    folder.run(&words("man --output .")).success();
    let names = folder.names();
    assert!(names.contains(&"ottlc.1".to_owned()), "{names:?}");
    for command in COMMANDS {
        let page = folder.read(&format!("ottlc-{command}.1"));
        let page = String::from_utf8(page).expect("text");
        let head = format!(".TH ottlc-{command} 1");
        assert!(page.contains(&head), "{page}");
        assert!(page.contains(&format!("ottlc {command}")), "{page}");
    }
    let run = folder.run(&words("man --output missing"));
    run.failure(1, &["missing", "cannot be written"]);
}
