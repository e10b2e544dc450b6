//! What the language is, beside its functions.
//!
//! The same sources with the same options and functions always make the same program.

use ottl_syntax::{Dialect, Limits};
use ottl_vm::{Home, PatternLimits};

use crate::{Lints, Passes};

/// The language that sources are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Which forms are allowed.
    pub dialect: Dialect,
    /// Which parts of the reference that it keeps behind gates are there.
    pub gates: Gates,
    /// Whose functions are there, beside those of the language itself.
    pub component: Component,
    /// Whether a path that begins with no context belongs to the program's own, as in the parts of
    /// configurations that name their context. Reference: `ParseStatementsWithContext`.
    pub bare_paths: bool,
    /// Whether paths in the context scope may begin with `instrumentation_scope`, its name of old, as
    /// in the conditions of a part that names its context.
    pub old_names: bool,
    /// Whether `cache` is one map for all items and for later messages.
    pub shared_cache: bool,
    /// Whether an item that writes to what it shares with others gets a copy of its own; see
    /// [`Program::separates`](ottl_vm::Program::separates).
    pub regroups: bool,
    /// How much a source may demand.
    pub limits: Limits,
    /// How much memory compiled patterns may take.
    pub patterns: PatternLimits,
    /// What is done to make programs faster. It changes no answer.
    pub passes: Passes,
    /// What is warned about beside what cannot work; nothing, if nothing is asked for.
    pub lints: Lints,
}

impl Options {
    /// Whether the `selfops` dialect is spoken.
    #[must_use]
    pub fn selfops(&self) -> bool {
        self.dialect == Dialect::Selfops
    }

    /// Whether functions of a home can be called.
    #[must_use]
    pub fn has(&self, home: Home) -> bool {
        match home {
            Home::Standard => true,
            // Those that there are so far came before the gate for experimental functions.
            Home::Experimental => self.gates.lambda,
            Home::Transform => matches!(self.component, Component::Any | Component::Transform),
            Home::Filter => matches!(self.component, Component::Any | Component::Filter),
            Home::Selfops => self.selfops(),
        }
    }
}

/// The component of a collector that a source is written for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Component {
    /// None in particular: the functions of every component are there.
    #[default]
    Any,
    /// The transform processor.
    Transform,
    /// The filter processor.
    Filter,
    /// A component that has the functions of the language and no more, such as the routing
    /// connector.
    Other,
}

/// What the reference keeps behind feature gates. The default is the reference's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gates {
    /// `ottl.functions.enableLambda`: lambdas as arguments.
    pub lambda: bool,
    /// `pkg.ottl.functions.enableDynamicSliceArguments`: a list argument of a standard function may
    /// be known only when the program runs.
    pub dynamic_lists: bool,
    /// `pkg.ottl.functions.enableExperimental`: experimental functions that came after the gate.
    /// There is none yet; those on lambdas are behind the gate of lambdas.
    pub experimental: bool,
    /// `transform.flatten.logs`: `flatten_data` in configurations of the transform processor.
    pub flatten_logs: bool,
}

impl Default for Gates {
    fn default() -> Self {
        Self {
            lambda: false,
            dynamic_lists: true,
            experimental: false,
            flatten_logs: false,
        }
    }
}

impl Gates {
    /// The names of the gates, as the reference has them.
    pub const NAMES: [&str; 4] = [
        "ottl.functions.enableLambda",
        "pkg.ottl.functions.enableDynamicSliceArguments",
        "pkg.ottl.functions.enableExperimental",
        "transform.flatten.logs",
    ];

    /// Every gate open.
    pub const ALL: Self = Self {
        lambda: true,
        dynamic_lists: true,
        experimental: true,
        flatten_logs: true,
    };

    /// Opens or closes the gate with a name; false when there is none.
    #[must_use]
    pub fn set(&mut self, name: &str, open: bool) -> bool {
        let [lambda, dynamic_lists, experimental, flatten_logs] = Self::NAMES;
        let gate = match name {
            name if name == lambda => &mut self.lambda,
            name if name == dynamic_lists => &mut self.dynamic_lists,
            name if name == experimental => &mut self.experimental,
            name if name == flatten_logs => &mut self.flatten_logs,
            _ => return false,
        };
        *gate = open;
        true
    }
}
