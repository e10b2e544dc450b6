//! The messages of the signal profiles, in the version that the reference reads: its tables
//! are shared by the whole message, and everything else refers to them by index.

use super::Kind::{Bytes, Identifier, Integer, Message as Sub, Text};
use super::{ANY_VALUE, Message, RESOURCE, SCOPE, many, one};

/// The message that a whole file of profiles holds.
pub(super) fn root() -> &'static Message {
    &PROFILES
}

static PROFILES: Message = Message {
    fields: &[
        many("resourceProfiles", Sub(&RESOURCE_PROFILES)),
        one("dictionary", Sub(&DICTIONARY)),
    ],
};

static RESOURCE_PROFILES: Message = Message {
    fields: &[
        one("resource", Sub(&RESOURCE)),
        many("scopeProfiles", Sub(&SCOPE_PROFILES)),
        one("schemaUrl", Text),
    ],
};

static SCOPE_PROFILES: Message = Message {
    fields: &[
        one("scope", Sub(&SCOPE)),
        many("profiles", Sub(&PROFILE)),
        one("schemaUrl", Text),
    ],
};

static PROFILE: Message = Message {
    fields: &[
        one("sampleType", Sub(&VALUE_TYPE)),
        many("samples", Sub(&SAMPLE)),
        one("timeUnixNano", Integer),
        one("durationNano", Integer),
        one("periodType", Sub(&VALUE_TYPE)),
        one("period", Integer),
        one("profileId", Identifier),
        one("droppedAttributesCount", Integer),
        one("originalPayloadFormat", Text),
        one("originalPayload", Bytes),
        many("attributeIndices", Integer),
    ],
};

static VALUE_TYPE: Message = Message {
    fields: &[one("typeStrindex", Integer), one("unitStrindex", Integer)],
};

static SAMPLE: Message = Message {
    fields: &[
        one("stackIndex", Integer),
        many("attributeIndices", Integer),
        one("linkIndex", Integer),
        many("values", Integer),
        many("timestampsUnixNano", Integer),
    ],
};

static DICTIONARY: Message = Message {
    fields: &[
        many("mappingTable", Sub(&MAPPING)),
        many("locationTable", Sub(&LOCATION)),
        many("functionTable", Sub(&FUNCTION)),
        many("linkTable", Sub(&LINK)),
        many("stringTable", Text),
        many("attributeTable", Sub(&ATTRIBUTE)),
        many("stackTable", Sub(&STACK)),
    ],
};

static MAPPING: Message = Message {
    fields: &[
        one("memoryStart", Integer),
        one("memoryLimit", Integer),
        one("fileOffset", Integer),
        one("filenameStrindex", Integer),
        many("attributeIndices", Integer),
    ],
};

static LOCATION: Message = Message {
    fields: &[
        one("mappingIndex", Integer),
        one("address", Integer),
        many("lines", Sub(&LINE)),
        many("attributeIndices", Integer),
    ],
};

static LINE: Message = Message {
    fields: &[
        one("functionIndex", Integer),
        one("line", Integer),
        one("column", Integer),
    ],
};

static FUNCTION: Message = Message {
    fields: &[
        one("nameStrindex", Integer),
        one("systemNameStrindex", Integer),
        one("filenameStrindex", Integer),
        one("startLine", Integer),
    ],
};

static LINK: Message = Message {
    fields: &[one("traceId", Identifier), one("spanId", Identifier)],
};

static ATTRIBUTE: Message = Message {
    fields: &[
        one("keyStrindex", Integer),
        one("value", Sub(&ANY_VALUE)),
        one("unitStrindex", Integer),
    ],
};

static STACK: Message = Message {
    fields: &[many("locationIndices", Integer)],
};
