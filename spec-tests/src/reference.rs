//! Asking a program for the answers of the reference.
//!
//! Such a program reads cases as JSON lines on its standard input and writes them back with
//! `expect`; those of `reference/` do. It may leave cases out, when their answer is not the same
//! every time, and it may crash or never end: then the cases are asked again in halves, until the
//! one that does it is found.

use std::collections::HashMap;
use std::io::{BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::case::{Case, read_cases};

/// A program that answers cases.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its path and its arguments.
    words: Vec<String>,
}

/// What became of the cases that were asked.
#[derive(Debug, Default)]
pub struct Answers {
    /// Cases with `expect`.
    pub answered: Vec<Case>,
    /// How many the program left out.
    pub left_out: usize,
    /// Cases at which it crashed or did not end.
    pub fatal: Vec<Case>,
}

/// How long the program may take for some cases.
fn patience(cases: usize) -> Duration {
    Duration::from_secs(10) + Duration::from_millis(20) * cases as u32
}

impl Program {
    /// A program from a command line, whose words are separated by white space.
    ///
    /// # Errors
    /// When there is no word.
    pub fn new(command: &str) -> Result<Self, String> {
        let words: Vec<_> = command.split_whitespace().map(str::to_owned).collect();
        match words.is_empty() {
            true => Err("The reference has no program.".to_owned()),
            false => Ok(Self { words }),
        }
    }

    /// Asks for the answers to some cases, whose ids differ.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn ask(&self, cases: &[Case]) -> Result<Answers, String> {
        let mut answers = Answers::default();
        let mut parts = vec![cases];
        while let Some(part) = parts.pop() {
            if part.is_empty() {
                continue;
            }
            match self.ask_once(part)? {
                Some(answered) => {
                    answers.left_out += part.len() - answered.len().min(part.len());
                    answers.answered.extend(answered);
                }
                None if part.len() == 1 => answers.fatal.extend_from_slice(part),
                None => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
            }
        }
        Ok(answers)
    }

    /// Runs the program once; nothing when it crashed or was too slow.
    fn ask_once(&self, cases: &[Case]) -> Result<Option<Vec<Case>>, String> {
        let mut child = Command::new(&self.words[0])
            .args(&self.words[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}", self.words[0]))?;
        let mut questions = Vec::new();
        for case in cases {
            serde_json::to_writer(&mut questions, case).map_err(|error| error.to_string())?;
            questions.push(b'\n');
        }
        let input = child.stdin.take();
        let output = child.stdout.take();
        let writer = thread::spawn(move || {
            // That the program went away shows in its status.
            input.map(|mut input| input.write_all(&questions))
        });
        let reader = thread::spawn(move || output.map(|output| read_cases(BufReader::new(output))));
        let ended = wait(&mut child, patience(cases.len())).map_err(|error| error.to_string())?;
        let read = reader.join().ok().flatten();
        let _ = writer.join();
        Ok(match read {
            Some(Ok(cases)) if ended => Some(cases),
            _ => None,
        })
    }
}

/// Whether the program ended well in time. One that takes longer is ended.
fn wait(child: &mut Child, patience: Duration) -> std::io::Result<bool> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if start.elapsed() > patience {
            child.kill()?;
            child.wait()?;
            return Ok(false);
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// Which program answers which cases.
#[derive(Debug, Default)]
pub struct References {
    /// For all others.
    default: Option<Program>,
    /// By the name of a context or of a component.
    named: HashMap<String, Program>,
}

impl References {
    /// Adds `PROGRAM ARGUMENT…`, or `NAME,NAME=PROGRAM ARGUMENT…` for some contexts and components.
    ///
    /// # Errors
    /// When it names no program.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let (names, command) = match text.split_once('=') {
            Some((names, command)) if !names.contains(['/', ' ']) => (Some(names), command),
            _ => (None, text),
        };
        let program = Program::new(command)?;
        match names {
            None => self.default = Some(program),
            Some(names) => {
                for name in names.split(',') {
                    self.named.insert(name.to_owned(), program.clone());
                }
            }
        }
        Ok(())
    }

    /// The program for a case: by its component, by its context, or the one for all others.
    #[must_use]
    pub fn of(&self, case: &Case) -> Option<&Program> {
        let by_name = match case.component {
            Some(component) => self.named.get(component.name()),
            None => self.named.get(&case.context),
        };
        by_name.or(self.default.as_ref())
    }

    /// Asks for the answers to some cases, each from its program; cases without one are left out.
    ///
    /// # Errors
    /// When a program cannot be started.
    pub fn ask(&self, cases: &[Case]) -> Result<Answers, String> {
        let mut groups: Vec<(&Program, Vec<Case>)> = Vec::new();
        let mut answers = Answers::default();
        for case in cases {
            let Some(program) = self.of(case) else {
                answers.left_out += 1;
                continue;
            };
            match groups
                .iter_mut()
                .find(|(known, _)| std::ptr::eq(*known, program))
            {
                Some((_, group)) => group.push(case.clone()),
                None => groups.push((program, vec![case.clone()])),
            }
        }
        for (program, group) in groups {
            let some = program.ask(&group)?;
            answers.answered.extend(some.answered);
            answers.fatal.extend(some.fatal);
            answers.left_out += some.left_out;
        }
        Ok(answers)
    }
}
