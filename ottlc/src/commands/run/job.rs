//! One run of the command: messages in, messages out, and what is told of them.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Arc;

use ottl::metrics::StatementMetrics;
use ottl::samples::ErrorSample;
use ottl::{Request, Signal};

use super::observe::{self, Samples};
use super::work::{Done, Work};
use super::worker::{Worked, Worker};
use super::{Args, pool};
use crate::error::{Error, Failure};
use crate::io::compression::Compression;
use crate::io::format::Format;
use crate::io::input::Input;
use crate::io::output::{self, Finished, Output};
use crate::progress::Progress;
use crate::report::{Route, Summary};

/// One run of the command.
pub(super) struct Job<'a> {
    pub(super) args: &'a Args,
    pub(super) signal: Signal,
    pub(super) work: &'a Work,
    pub(super) request: Option<Arc<Request>>,
    pub(super) samples: Samples,
    /// What is to be written as metrics.
    pub(super) counts: Option<StatementMetrics>,
    pub(super) output: Option<&'a Path>,
    pub(super) summary: Summary,
    /// How much was routed to each output.
    pub(super) routes: Vec<(String, u64)>,
}

/// The files that are written.
struct Outputs {
    /// None of a connector.
    main: Option<Output>,
    /// With their names.
    routes: Vec<(String, Output)>,
    metrics: Option<Output>,
}

impl Job<'_> {
    pub(super) fn transform(&mut self, input: Input, progress: &Progress) -> Result<(), Failure> {
        let Input {
            name,
            compression,
            mut messages,
        } = input;
        // The form of the file is known with the first message.
        let mut first = messages.next()?;
        let format = messages.format();
        self.summary.form = format.name();
        let mut outputs = self.open(format, compression)?;
        let settings = |(name, output): &(String, Output)| (name.clone(), output.settings());
        let worker = Worker {
            args: self.args,
            signal: self.signal,
            work: self.work,
            request: self.request.take(),
            samples: &self.samples.clone(),
            statements: self.summary.statements.clone(),
            input: name,
            format,
            main: outputs.main.as_ref().map(Output::settings),
            routes: outputs.routes.iter().map(settings).collect(),
            has_file: self.output.is_some(),
        };
        let plan = self.args.threads.plan(self.args.limits.max_message_size);
        let next = || match first.take() {
            Some(first) => Ok(Some(first)),
            None => Ok(messages.next()?),
        };
        let done = |worked| {
            self.write(worked, &mut outputs)?;
            progress.items(self.summary.items);
            Ok(())
        };
        pool::run(plan, next, |message| worker.work(message), done)?;
        self.summary.bytes_read = messages.position();
        self.finish(outputs)
    }

    fn open(&self, input: Format, compression: Compression) -> Result<Outputs, Failure> {
        let main = self.settings(self.output, input, compression);
        let binary = !main.format.is_json() || main.compression != Compression::None;
        let has_main = self.work.has_main();
        if has_main && self.output.is_none() && binary && io::stdout().is_terminal() {
            let message = "Binary data is not written to a terminal.";
            let help = "Write to a file with -o, or use --output-format json-lines.";
            return Err(Error::new(message).help(help).into());
        }
        let mut routes = Vec::new();
        for (name, file) in &self.args.route {
            let settings = self.settings(Some(file), input, compression);
            routes.push((name.clone(), Output::create(Some(file), settings)?));
        }
        let main = has_main.then(|| Output::create(self.output, main));
        Ok(Outputs {
            main: main.transpose()?,
            routes,
            metrics: self.metrics()?,
        })
    }

    /// The file for metrics, if there is one.
    fn metrics(&self) -> Result<Option<Output>, Failure> {
        let Some(path) = &self.args.observe.metrics else {
            return Ok(None);
        };
        let settings = output::Settings {
            signal: Signal::Metrics,
            format: Format::for_output(Some(path), Format::Json),
            compression: Compression::of_name(path),
        };
        Output::create(Some(path), settings).map(Some)
    }

    fn settings(
        &self,
        path: Option<&Path>,
        input: Format,
        compression: Compression,
    ) -> output::Settings {
        let format = self.args.output_format.map(Format::from);
        let by_name = path.map_or(compression, Compression::of_name);
        output::Settings {
            signal: self.signal,
            format: format.unwrap_or_else(|| Format::for_output(path, input)),
            compression: self.args.output_compression.unwrap_or(by_name),
        }
    }

    /// Counts what became of a message, and writes it.
    fn write(&mut self, worked: Worked, outputs: &mut Outputs) -> Result<(), Failure> {
        let Worked {
            number,
            done,
            samples,
        } = worked;
        let done = done?;
        self.look_at(number, samples);
        if let Some(counts) = &mut self.counts {
            for (group, report) in done.reports.iter().enumerate() {
                counts.add_group(group, report);
            }
        }
        self.add(number, &done);
        self.route(&done, outputs)?;
        match (&mut outputs.main, &done.message) {
            (Some(main), Some(content)) => main.write(content),
            _ => Ok(()),
        }
    }

    fn look_at(&mut self, message: u64, samples: Vec<ErrorSample>) {
        for sample in samples {
            let listed = match self.work {
                Work::Script(_) => self.summary.statements.get(sample.statement).cloned(),
                Work::Component(component) => component.listed_at(sample.offset),
            };
            self.summary.add_sample(message, listed, sample);
        }
    }

    fn add(&mut self, message: u64, done: &Done) {
        self.summary.add(message, done.items, &done.reports);
        for (listed, item, error) in &done.failures {
            let listed = Some(listed.clone());
            self.summary.add_failure(message, *item, listed, error);
        }
        if let Some(kept) = done.kept {
            *self.summary.kept.get_or_insert(0) += kept as u64;
        }
    }

    fn route(&mut self, done: &Done, outputs: &mut Outputs) -> Result<(), Failure> {
        for routed in &done.routed {
            let rows = routed.rows as u64;
            match self
                .routes
                .iter_mut()
                .find(|(name, _)| *name == routed.name)
            {
                Some((_, sum)) => *sum += rows,
                None => self.routes.push((routed.name.clone(), rows)),
            }
            let mut files = outputs.routes.iter_mut();
            let file = files.find(|(name, _)| *name == routed.name);
            if let Some(((_, file), message)) = file.zip(routed.message.as_ref()) {
                file.write(message)?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, outputs: Outputs) -> Result<(), Failure> {
        let Outputs {
            main,
            routes,
            metrics,
        } = outputs;
        let main = main.map(Output::finish).transpose()?;
        let routes = routes.into_iter().map(|(_, output)| output.finish());
        let mut files = routes.chain(main.map(Ok)).collect::<Result<Vec<_>, _>>()?;
        self.summary.bytes_written = match self.work.has_main() {
            true => files.last().map_or(0, |main| main.bytes),
            false => files.iter().map(|file| file.bytes).sum(),
        };
        if let (Some(mut file), Some(counts)) = (metrics, &self.counts) {
            let counts = counts.export(observe::now());
            let content = file.settings().content(counts.into());
            file.write(&content?)?;
            files.push(file.finish()?);
        }
        Finished::commit(files)?;
        let file = |name: &String| {
            let file = self.args.route.iter().find(|(known, _)| known == name);
            file.map(|(_, file)| file.display().to_string())
        };
        let routes = self.routes.iter().map(|(name, rows)| Route {
            name: name.clone(),
            file: file(name),
            rows: *rows,
        });
        self.summary.routes = routes.collect();
        Ok(())
    }
}
