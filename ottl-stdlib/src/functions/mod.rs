//! One module for each function, and the list of them.

use ottl_vm::Function;

macro_rules! functions {
    ($($module:ident::$function:ident,)*) => {
        $(mod $module;)*

        pub(crate) fn all() -> Vec<Box<dyn Function>> {
            vec![$(Box::new($module::$function),)*]
        }
    };
}

functions! {
    bool::BOOL,
    coalesce::Coalesce,
    concat::Concat,
    contains_value::CONTAINS_VALUE,
    double::DOUBLE,
    fnv::FNV,
    has_prefix::HAS_PREFIX,
    has_suffix::HAS_SUFFIX,
    hex::HEX,
    index::INDEX,
    int::INT,
    is_bool::IS_BOOL,
    is_double::IS_DOUBLE,
    is_empty::IS_EMPTY,
    is_int::IS_INT,
    is_list::IS_LIST,
    is_map::IS_MAP,
    is_root_span::IS_ROOT_SPAN,
    is_string::IS_STRING,
    keys::KEYS,
    len::LEN,
    log::LOG,
    md5::MD5,
    parse_int::PARSE_INT,
    set::Set,
    sha1::SHA1,
    sha256::SHA256,
    sha512::SHA512,
    span_id::SpanID,
    split::SPLIT,
    string::STRING,
    substring::Substring,
    trace_id::TraceID,
    trim::Trim,
    trim_prefix::TRIM_PREFIX,
    trim_suffix::TRIM_SUFFIX,
    values::VALUES,
}
