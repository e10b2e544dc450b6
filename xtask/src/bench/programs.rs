//! The programs that are measured: building and running them.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use benches::scenarios::{Kind, Scenario};

use super::figures::Figures;
use super::options::Options;
use crate::Failure;

/// Programs that are built.
pub(super) struct Programs {
    root: PathBuf,
    ottlc: PathBuf,
    reference: PathBuf,
    vrl: Option<PathBuf>,
    go: String,
}

/// What a program is to measure.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) script: &'a Path,
    pub(super) input: &'a Path,
    pub(super) seconds: f64,
    /// Names of figures with commas between them.
    pub(super) only: &'a str,
}

/// Where cargo builds.
pub(super) fn target(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}

fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
}

impl Programs {
    pub(super) fn build(root: &Path, options: &Options) -> Result<Self, Failure> {
        let go = go_version()?;
        let target = target(root);
        let ottlc = match &options.ottlc {
            Some(file) => file.canonicalize()?,
            None => {
                let mut build = cargo();
                build.args(["build", "--release", "--package", "ottlc"]);
                succeed(build.current_dir(root))?;
                target.join("release/ottlc")
            }
        };
        let reference = target.join("ottlreference");
        let mut build = Command::new("go");
        build.args(["build", "-o"]).arg(&reference).arg(".");
        succeed(build.current_dir(root.join("spec-tests/reference")))?;
        let vrl = if options.vrl {
            let folder = target.join("vrl");
            let mut build = cargo();
            build.args(["build", "--release", "--locked", "--target-dir"]);
            build.arg(&folder).current_dir(root.join("benches/vrl"));
            succeed(&mut build).map_err(|error| {
                format!("{error} With --without-vrl the second baseline is left out.")
            })?;
            Some(folder.join("release/vrl-baseline"))
        } else {
            None
        };
        Ok(Self {
            root: root.to_owned(),
            ottlc,
            reference,
            vrl,
            go,
        })
    }

    /// Which versions were measured, for readers of the results.
    pub(super) fn versions(&self) -> String {
        let mut rustc = Command::new("rustc");
        let rustc = output(rustc.arg("--version")).unwrap_or_default();
        let read = |file: &str| std::fs::read_to_string(self.root.join(file)).unwrap_or_default();
        let modules = read("spec-tests/reference/go.mod");
        let ottl = behind(&modules, "/pkg/ottl v", '\n').unwrap_or_default();
        let mut text = format!("{}, {}, pkg/ottl v{ottl}", short(&rustc), self.go);
        let packages = read("benches/vrl/Cargo.lock");
        let vrl = behind(&packages, "name = \"vrl\"\nversion = \"", '"');
        if let Some(vrl) = vrl.filter(|_| self.vrl.is_some()) {
            text += &format!(", VRL {vrl}");
        }
        text
    }

    /// Measures this engine.
    pub(super) fn ours(&self, job: &Job<'_>) -> Result<Figures, Failure> {
        let mut run = Command::new(&self.ottlc);
        run.args([
            "bench",
            "--json",
            "--signal",
            job.scenario.data.signal().name(),
        ]);
        match job.scenario.kind {
            Kind::Filter => run.arg("--filter"),
            Kind::Statements => run.args(["--context", ottl::context_name(job.scenario.context)]),
        };
        run.args(["--seconds", &job.seconds.to_string(), "--only", job.only]);
        run.arg("--script").arg(job.script);
        figures(run.arg("--input").arg(job.input))
    }

    /// Measures the reference.
    pub(super) fn reference(&self, job: &Job<'_>) -> Result<Figures, Failure> {
        figures(&mut self.reference_bench(job))
    }

    fn reference_bench(&self, job: &Job<'_>) -> Command {
        let mut run = Command::new(&self.reference);
        run.args(["bench", "-signal", job.scenario.data.signal().name()]);
        run.args(["-context", ottl::context_name(job.scenario.context)]);
        if job.scenario.kind == Kind::Filter {
            run.arg("-filter");
        }
        run.args(["-seconds", &job.seconds.to_string(), "-only", job.only]);
        run.arg("-script").arg(job.script);
        run.arg("-input").arg(job.input);
        run
    }

    /// Measures VRL on the equivalent program.
    pub(super) fn vrl(&self, job: &Job<'_>) -> Result<Figures, Failure> {
        figures(&mut self.vrl_bench(job.scenario, job.input, job.seconds)?)
    }

    fn vrl_bench(
        &self,
        scenario: &Scenario,
        input: &Path,
        seconds: f64,
    ) -> Result<Command, Failure> {
        let Some(vrl) = &self.vrl else {
            return Err("VRL was not built.".into());
        };
        let program = format!("benches/vrl/programs/{}.vrl", scenario.name);
        let mut run = Command::new(vrl);
        run.arg(self.root.join(program))
            .arg(input)
            .arg(seconds.to_string());
        Ok(run)
    }

    /// Transforms a message here.
    pub(super) fn transform(
        &self,
        scenario: &Scenario,
        script: &Path,
        input: &Path,
        result: &Path,
    ) -> Result<(), Failure> {
        let mut run = self.run(scenario, input, result);
        run.args(["--context", ottl::context_name(scenario.context)]);
        output(run.arg("--script").arg(script)).map(drop)
    }

    /// Lets a filter of a configuration drop items of a message here.
    pub(super) fn filter(
        &self,
        scenario: &Scenario,
        configuration: &Path,
        input: &Path,
        result: &Path,
    ) -> Result<(), Failure> {
        let mut run = self.run(scenario, input, result);
        output(run.arg("--config").arg(configuration)).map(drop)
    }

    fn run(&self, scenario: &Scenario, input: &Path, result: &Path) -> Command {
        let mut run = self.ottlc();
        run.args(["run", "--signal", scenario.data.signal().name()]);
        run.arg(input).arg("--output").arg(result);
        run
    }

    /// Transforms a message in the reference.
    pub(super) fn reference_transform(
        &self,
        scenario: &Scenario,
        script: &Path,
        input: &Path,
        result: &Path,
    ) -> Result<(), Failure> {
        let job = Job {
            scenario,
            script,
            input,
            seconds: 0.0,
            only: "none",
        };
        let mut run = self.reference_bench(&job);
        output(run.arg("-output").arg(result)).map(drop)
    }

    /// Transforms a message in VRL.
    pub(super) fn vrl_transform(
        &self,
        scenario: &Scenario,
        input: &Path,
        result: &Path,
    ) -> Result<(), Failure> {
        let mut run = self.vrl_bench(scenario, input, 0.0)?;
        output(run.arg(result)).map(drop)
    }

    /// The command line of this engine, to be run with other commands.
    pub(super) fn ottlc(&self) -> Command {
        Command::new(&self.ottlc)
    }
}

fn go_version() -> Result<String, Failure> {
    let missing = "Go is not there, which the reference implementation is written in. Install the version \
                   that spec-tests/reference/go.mod names, or a later one, and put `go` into the PATH. \
                   `ottlc bench` measures this engine alone.";
    let version = output(Command::new("go").arg("version")).map_err(|_| missing)?;
    Ok(version
        .split_whitespace()
        .find(|word| word.starts_with("go1"))
        .map_or_else(|| "Go".to_owned(), |word| format!("Go {}", &word[2..])))
}

/// The name and the number of a version.
fn short(version: &str) -> String {
    let words: Vec<_> = version.split_whitespace().take(2).collect();
    words.join(" ")
}

/// What stands behind a text up to a character.
fn behind<'a>(text: &'a str, beginning: &str, end: char) -> Option<&'a str> {
    let (_, rest) = text.split_once(beginning)?;
    rest.split(end).next()
}

/// Runs a command that shows on standard error what it does.
fn succeed(command: &mut Command) -> Result<(), Failure> {
    let status = command.stdout(Stdio::null()).status();
    let status = status.map_err(|error| format!("{command:?} cannot be run: {error}."))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{command:?} failed; its messages are above.").into()),
    }
}

/// What a command writes to standard output.
fn output(command: &mut Command) -> Result<String, Failure> {
    let output = command.output();
    let output = output.map_err(|error| format!("{command:?} cannot be run: {error}."))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("{command:?} failed: {message}").into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn figures(command: &mut Command) -> Result<Figures, Failure> {
    Ok(serde_json::from_str(&output(command)?)?)
}
