//! `ottlc fmt`: what is written, what is left alone, and what is said.

use std::fs;

use crate::common::{Folder, words};

const DRAFT: &str = "# Kept.\nset( span.name,'x' )   # this, too\n\n\n\nspan.kind==2>drop( )";
const FORMATTED: &str = "# Kept.\nset(span.name, 'x') # this, too\n\nspan.kind == 2 > drop()\n";

#[test]
fn files_are_formatted_in_place() {
    let folder = Folder::new();
    folder.file("a.ottl", DRAFT);
    folder.file("b.txt", FORMATTED);
    let before = fs::metadata(folder.path("b.txt")).and_then(|metadata| metadata.modified());
    let run = folder.run(&words("fmt --dialect selfops a.ottl b.txt"));
    let run = run.success();
    assert_eq!(run.text(), "");
    assert_eq!(run.err, "1 file formatted, 1 file already formatted\n");
    assert_eq!(folder.read("a.ottl"), FORMATTED.as_bytes());
    assert_eq!(folder.read("b.txt"), FORMATTED.as_bytes());
    let behind = fs::metadata(folder.path("b.txt")).and_then(|metadata| metadata.modified());
    assert_eq!(before.ok(), behind.ok());
    assert_eq!(folder.names(), ["a.ottl", "b.txt"]);
    let again = folder.run(&words("fmt --dialect selfops a.ottl")).success();
    assert_eq!(again.err, "0 files formatted, 1 file already formatted\n");
}

#[test]
fn standard_input_goes_to_standard_output() {
    let folder = Folder::new();
    for line in ["fmt --dialect selfops", "fmt --dialect selfops -"] {
        let run = folder.run_with(&words(line), DRAFT.as_bytes()).success();
        assert_eq!(run.text(), FORMATTED);
        assert_eq!(run.err, "");
    }
    folder.run(&words("fmt - a.ottl")).failure(
        2,
        &["Standard input (-) cannot be formatted together with files."],
    );
}

#[test]
fn a_byte_order_mark_stays() {
    let folder = Folder::new();
    let (draft, formatted) = (format!("\u{feff}{DRAFT}"), format!("\u{feff}{FORMATTED}"));
    folder.file("a.ottl", &draft);
    folder.run(&words("fmt --dialect selfops a.ottl")).success();
    assert_eq!(folder.read("a.ottl"), formatted.as_bytes());
    let again = folder.run(&words("fmt --check --dialect selfops a.ottl"));
    again.success();
    let run = folder.run_with(&words("fmt --dialect selfops"), draft.as_bytes());
    assert_eq!(run.success().text(), formatted);
}

#[test]
fn the_examples_are_formatted() {
    let folder = Folder::new();
    let mut args: Vec<std::path::PathBuf> = Vec::new();
    args.extend(
        words("fmt --check --dialect selfops")
            .into_iter()
            .map(Into::into),
    );
    args.push(crate::common::examples());
    let run = folder.run(&args).success();
    assert_eq!(run.text(), "");
}

#[test]
fn the_width_of_a_page() {
    let folder = Folder::new();
    let source = b"set(span.name, \"x\") where span.kind == 2";
    let run = folder.run_with(&words("fmt --width 20"), source).success();
    assert_eq!(
        run.text(),
        "set(span.name, \"x\")\n  where span.kind\n    == 2\n"
    );
    folder
        .run_with(&words("fmt --width 19"), source)
        .failure(2, &["19", "20..=1000"]);
}

#[test]
fn a_check_writes_nothing() {
    let folder = Folder::new();
    folder.file("a.ottl", DRAFT);
    folder.file("b.ottl", FORMATTED);
    let run = folder.run(&words("fmt --check --dialect selfops a.ottl b.ottl"));
    let run = run.failure(1, &[]);
    let excerpt = "\
--- a.ottl
+++ a.ottl, formatted
@@ -1,6 +1,4 @@
 # Kept.
-set( span.name,'x' )   # this, too
+set(span.name, 'x') # this, too
 
-
-
-span.kind==2>drop( )
\\ No newline at end of file
+span.kind == 2 > drop()
";
    assert_eq!(run.text(), excerpt);
    assert_eq!(run.err, "1 file would change, 1 file already formatted\n");
    assert_eq!(folder.read("a.ottl"), DRAFT.as_bytes());
    folder
        .run(&words("fmt --check --dialect selfops b.ottl"))
        .success();
    let check = words("fmt --check --dialect selfops");
    let run = folder.run_with(&check, DRAFT.as_bytes()).failure(1, &[]);
    assert_eq!(run.text(), excerpt.replace("a.ottl", "<stdin>"));
    let run = folder.run_with(&check, FORMATTED.as_bytes()).success();
    assert_eq!(run.text(), "");
}

#[test]
fn scripts_of_a_directory() {
    let folder = Folder::new();
    for directory in ["rules", "rules/deep", "rules/.hidden"] {
        fs::create_dir(folder.path(directory)).expect("a folder");
    }
    let draft = "set( a,1 )";
    for name in ["rules/deep/a.ottl", "rules/b.ottl"] {
        folder.file(name, draft);
    }
    let others = [
        "rules/.hidden/c.ottl",
        "rules/.d.ottl",
        "rules/e.txt",
        "f.ottl",
    ];
    for name in others {
        folder.file(name, draft);
    }
    let run = folder.run(&words("fmt rules")).success();
    assert_eq!(run.err, "2 files formatted, 0 files already formatted\n");
    assert_eq!(folder.read("rules/deep/a.ottl"), b"set(a, 1)\n");
    assert_eq!(folder.read("rules/b.ottl"), b"set(a, 1)\n");
    for name in others {
        assert_eq!(folder.read(name), draft.as_bytes(), "{name}");
    }
}

#[test]
fn a_script_with_errors_is_left_alone() {
    let folder = Folder::new();
    let mistakes = "set( a,1 )\nset( b, )\nset(c, $)\n";
    folder.file("a.ottl", mistakes);
    folder.file("b.ottl", "set( a,1 )");
    let said = [
        "a.ottl:2:9",
        "a.ottl:3:8",
        "E0105",
        "1 file formatted",
        "1 file with errors",
    ];
    let run = folder.run(&words("fmt a.ottl b.ottl")).failure(1, &said);
    assert_eq!(run.text(), "");
    assert_eq!(folder.read("a.ottl"), mistakes.as_bytes());
    assert_eq!(folder.read("b.ottl"), b"set(a, 1)\n");
    folder
        .run(&words("fmt --check a.ottl"))
        .failure(1, &["a.ottl:2:9", "0 files would change"]);
    let run = folder.run_with(&["fmt"], mistakes.as_bytes());
    assert_eq!(run.failure(1, &["<stdin>:2:9"]).text(), "");
    folder.file("rule.ottl", "a == 1 > f()\n");
    folder
        .run(&words("fmt rule.ottl"))
        .failure(1, &["E0501", "--dialect selfops"]);
}

#[test]
fn files_that_cannot_be_formatted_do_not_stop_the_others() {
    let folder = Folder::new();
    folder.file("latin.ottl", b"set( a, \"\xe4\")\n");
    folder.file("long.ottl", " ".repeat((1 << 20) + 1));
    folder.file("good.ottl", "set( a,1 )");
    folder.file("locked.ottl", "set( a,1 )");
    let mut permissions = fs::metadata(folder.path("locked.ottl"))
        .expect("a file")
        .permissions();
    permissions.set_readonly(true);
    fs::set_permissions(folder.path("locked.ottl"), permissions).expect("its owner");
    let line = "fmt none.ottl latin.ottl long.ottl locked.ottl good.ottl";
    folder.run(&words(line)).failure(
        1,
        &[
            "none.ottl: The file cannot be read: it does not exist.",
            "latin.ottl: The script is not UTF-8 from byte 9 on.",
            "long.ottl: A script may have 1048576 bytes at most.",
            "locked.ottl: The file cannot be written: permission is denied.",
            "1 file formatted, 0 files already formatted, 4 files with errors\n",
        ],
    );
    assert_eq!(folder.read("good.ottl"), b"set(a, 1)\n");
    assert_eq!(folder.read("locked.ottl"), b"set( a,1 )");
    let expected = ["good.ottl", "latin.ottl", "locked.ottl", "long.ottl"];
    assert_eq!(folder.names(), expected);
}

#[cfg(unix)]
#[test]
fn links_stay_links_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = Folder::new();
    fs::create_dir(folder.path("rules")).expect("a folder");
    let target = folder.file("target.ottl", "set( a,1 )");
    fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).expect("its owner");
    symlink(&target, folder.path("rules/link.ottl")).expect("a link");
    symlink(folder.path("rules"), folder.path("rules/circle")).expect("a link");
    folder.run(&words("fmt rules")).success();
    assert_eq!(folder.read("target.ottl"), b"set(a, 1)\n");
    let link = fs::symlink_metadata(folder.path("rules/link.ottl")).expect("a link");
    assert!(link.is_symlink());
    let mode = fs::metadata(&target).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_written_to() {
    let folder = Folder::new();
    folder.run(&words("fmt /dev/null")).failure(
        1,
        &["/dev/null: It is not a regular file", "standard input"],
    );
}

#[test]
fn line_ends_stay() {
    let folder = Folder::new();
    folder.file("a.ottl", "\u{feff}# a\r\nset( a,1 )\r\n");
    folder.run(&words("fmt a.ottl")).success();
    assert_eq!(folder.read("a.ottl"), b"\xef\xbb\xbf# a\r\nset(a, 1)\r\n");
}
