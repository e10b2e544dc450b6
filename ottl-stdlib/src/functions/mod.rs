//! One module for each function, and the list of them.

use ottl_vm::Function;

macro_rules! functions {
    ($($module:ident::$function:ident,)*) => {
        $(mod $module;)*

        pub(crate) fn all() -> Vec<Box<dyn Function>> {
            vec![$(Box::new($module::$function),)*]
        }

        /// The name and the text of each module, in the same order.
        #[cfg(test)]
        const FILES: &[(&str, &str)] = &[
            $((stringify!($module), include_str!(concat!(stringify!($module), ".rs"))),)*
        ];
    };
}

functions! {
    aggregate_on_attribute_value::AGGREGATE_ON_ATTRIBUTE_VALUE,
    aggregate_on_attributes::AGGREGATE_ON_ATTRIBUTES,
    all::ALL,
    any::ANY,
    append::APPEND,
    base64_encode::BASE64_ENCODE,
    bool::BOOL,
    clear::CLEAR,
    coalesce::COALESCE,
    community_id::COMMUNITY_ID,
    concat::CONCAT,
    contains_value::CONTAINS_VALUE,
    convert_attributes_to_elements_xml::CONVERT_ATTRIBUTES_TO_ELEMENTS_XML,
    convert_case::CONVERT_CASE,
    convert_exponential_histogram_to_histogram::CONVERT_EXPONENTIAL_HISTOGRAM_TO_HISTOGRAM,
    convert_gauge_to_sum::CONVERT_GAUGE_TO_SUM,
    convert_sum_to_gauge::CONVERT_SUM_TO_GAUGE,
    convert_summary_count_val_to_sum::CONVERT_SUMMARY_COUNT_VAL_TO_SUM,
    convert_summary_quantile_val_to_gauge::CONVERT_SUMMARY_QUANTILE_VAL_TO_GAUGE,
    convert_summary_sum_val_to_sum::CONVERT_SUMMARY_SUM_VAL_TO_SUM,
    convert_text_to_elements_xml::CONVERT_TEXT_TO_ELEMENTS_XML,
    copy_metric::COPY_METRIC,
    day::DAY,
    decode::DECODE,
    delete::DELETE,
    delete_index::DELETE_INDEX,
    delete_key::DELETE_KEY,
    delete_matching_keys::DELETE_MATCHING_KEYS,
    double::DOUBLE,
    duration::DURATION,
    extract_count_metric::EXTRACT_COUNT_METRIC,
    extract_grok_patterns::EXTRACT_GROK_PATTERNS,
    extract_patterns::EXTRACT_PATTERNS,
    extract_percentile_metric::EXTRACT_PERCENTILE_METRIC,
    extract_sum_metric::EXTRACT_SUM_METRIC,
    filter::FILTER,
    find::FIND,
    flatten::FLATTEN,
    fnv::FNV,
    format::FORMAT,
    format_time::FORMAT_TIME,
    get_xml::GET_XML,
    has_attr_key_on_datapoint::HAS_ATTR_KEY_ON_DATAPOINT,
    has_attr_on_datapoint::HAS_ATTR_ON_DATAPOINT,
    has_prefix::HAS_PREFIX,
    has_suffix::HAS_SUFFIX,
    hex::HEX,
    hour::HOUR,
    hours::HOURS,
    index::INDEX,
    insert_xml::INSERT_XML,
    int::INT,
    is_bool::IS_BOOL,
    is_double::IS_DOUBLE,
    is_empty::IS_EMPTY,
    is_in_cidr::IS_IN_CIDR,
    is_int::IS_INT,
    is_list::IS_LIST,
    is_map::IS_MAP,
    is_match::IS_MATCH,
    is_root_span::IS_ROOT_SPAN,
    is_string::IS_STRING,
    is_valid_luhn::IS_VALID_LUHN,
    keep_keys::KEEP_KEYS,
    keep_matching_keys::KEEP_MATCHING_KEYS,
    keys::KEYS,
    len::LEN,
    limit::LIMIT,
    log::LOG,
    map_each::MAP_EACH,
    map_keys::MAP_KEYS,
    md5::MD5,
    merge_histogram_buckets::MergeHistogramBuckets,
    merge_maps::MERGE_MAPS,
    microseconds::MICROSECONDS,
    milliseconds::MILLISECONDS,
    minute::MINUTE,
    minutes::MINUTES,
    month::MONTH,
    murmur3_hash::MURMUR3_HASH,
    murmur3_hash128::MURMUR3_HASH128,
    nanosecond::NANOSECOND,
    nanoseconds::NANOSECONDS,
    now::NOW,
    parse_cef::PARSE_CEF,
    parse_clf::PARSE_CLF,
    parse_csv::PARSE_CSV,
    parse_elf::PARSE_ELF,
    parse_int::PARSE_INT,
    parse_json::PARSE_JSON,
    parse_key_value::PARSE_KEY_VALUE,
    parse_leef::PARSE_LEEF,
    parse_severity::PARSE_SEVERITY,
    parse_simplified_xml::PARSE_SIMPLIFIED_XML,
    parse_xml::PARSE_XML,
    profile_id::PROFILE_ID,
    reduce::REDUCE,
    remove_xml::REMOVE_XML,
    replace_all_matches::REPLACE_ALL_MATCHES,
    replace_all_patterns::REPLACE_ALL_PATTERNS,
    replace_match::REPLACE_MATCH,
    replace_pattern::REPLACE_PATTERN,
    route::ROUTE,
    scale_metric::SCALE_METRIC,
    second::SECOND,
    seconds::SECONDS,
    set::SET,
    set_semconv_span_name::SetSemconvSpanName,
    sha1::SHA1,
    sha256::SHA256,
    sha512::SHA512,
    slice_to_map::SLICE_TO_MAP,
    sort::SORT,
    span_id::SPAN_ID,
    split::SPLIT,
    string::STRING,
    stringify_all::STRINGIFY_ALL,
    substring::SUBSTRING,
    time::TIME,
    to_camel_case::TO_CAMEL_CASE,
    to_key_value_string::TO_KEY_VALUE_STRING,
    to_lower_case::TO_LOWER_CASE,
    to_snake_case::TO_SNAKE_CASE,
    to_upper_case::TO_UPPER_CASE,
    trace_id::TRACE_ID,
    trim::TRIM,
    trim_prefix::TRIM_PREFIX,
    trim_suffix::TRIM_SUFFIX,
    truncate_all::TRUNCATE_ALL,
    truncate_time::TRUNCATE_TIME,
    unix::UNIX,
    unix_micro::UNIX_MICRO,
    unix_milli::UNIX_MILLI,
    unix_nano::UNIX_NANO,
    unix_seconds::UNIX_SECONDS,
    url::URL,
    user_agent::USER_AGENT,
    uuid::UUID,
    uuid_v7::UUID_V7,
    values::VALUES,
    weekday::WEEKDAY,
    when::WHEN,
    xxh128::XXH128,
    xxh3::XXH3,
    year::YEAR,
}

#[cfg(test)]
mod tests {
    use ottl_vm::{Param, Signature};

    use super::*;

    fn declaration(signature: &Signature) -> String {
        let param = |param: &Param| {
            let mark = if param.optional { "?" } else { "" };
            format!("{}{mark}", param.name)
        };
        let params: Vec<_> = signature.params.iter().map(param).collect();
        format!("{}({})", signature.name, params.join(", "))
    }

    #[test]
    fn files_look_alike() {
        for (function, (module, text)) in all().iter().zip(FILES) {
            let signature = function.signature();
            let name = signature.name.to_lowercase().replace('_', "");
            assert_eq!(module.replace('_', ""), name, "the name of the file");
            let declaration = declaration(signature);
            let head = format!("//! `{declaration}`");
            assert_eq!(text.lines().next(), Some(head.as_str()), "{module}");
            let kind = if signature.is_editor() {
                "editor"
            } else {
                "converter"
            };
            let doc = format!("\n/// The {kind} `{}`", signature.name);
            let parts = [doc.as_str(), "\nstatic SIGNATURE: Signature"];
            let places = parts.map(|part| text.find(part).unwrap_or(text.len()));
            let code = text.find("\nfn ").unwrap_or(text.len());
            assert!(
                places[0] < places[1] && places[1] < code,
                "{module}: {parts:?}"
            );
        }
    }

    #[test]
    fn modules_are_in_alphabetical_order() {
        assert!(FILES.is_sorted_by_key(|(module, _)| module));
    }
}
