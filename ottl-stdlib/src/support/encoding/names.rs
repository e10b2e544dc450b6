//! Encodings by name.

use super::Encoding;
use super::code_page::{self, CodePage};

/// No name is longer, and no character of a name grows to more than three bytes.
const LONGEST: usize = 256;

/// The encoding with a name.
pub(super) fn find(name: &[u8]) -> Option<Encoding> {
    let name = std::str::from_utf8(name).ok()?;
    if let Some(encoding) = added(&lower(name)) {
        return Some(encoding);
    }
    registered(&lower(name.trim()))
}

/// Small letters, each character by itself.
fn lower(name: &str) -> String {
    let name = if name.len() > LONGEST { "?" } else { name };
    name.chars()
        .filter_map(|char| char.to_lowercase().next())
        .collect()
}

fn utf_16(big_endian: bool, marked: bool) -> Encoding {
    Encoding::Utf16 { big_endian, marked }
}

fn page(page: CodePage) -> Encoding {
    Encoding::CodePage(page.characters())
}

/// Names that the reference's components have in common. Spaces around them do not belong there,
/// so that ` utf-16` is another encoding than `utf-16`.
fn added(name: &str) -> Option<Encoding> {
    Some(match name {
        "" | "ascii" | "us-ascii" | "utf-8" | "utf8" => Encoding::Utf8,
        "utf-16" | "utf16" => utf_16(false, false),
        "nop" | "utf-8-raw" | "utf8-raw" => Encoding::Raw,
        _ => return None,
    })
}

/// Names of the IANA registry, as far as the reference knows the encoding.
fn registered(name: &str) -> Option<Encoding> {
    Some(match name {
        "ansi_x3.4-1968" | "ansi_x3.4-1986" | "cp367" | "csascii" | "ibm367" | "iso-ir-6"
        | "iso646-us" | "iso_646.irv:1991" | "us" | "us-ascii" => Encoding::Ascii,
        "cp819" | "csisolatin1" | "ibm819" | "iso-8859-1" | "iso-ir-100" | "iso_8859-1"
        | "iso_8859-1:1987" | "l1" | "latin1" => page(CodePage::Latin1),
        "csisolatin2" | "iso-8859-2" | "iso-ir-101" | "iso_8859-2" | "iso_8859-2:1987" | "l2"
        | "latin2" => page(CodePage::Web(encoding_rs::ISO_8859_2)),
        "csisolatin3" | "iso-8859-3" | "iso-ir-109" | "iso_8859-3" | "iso_8859-3:1988" | "l3"
        | "latin3" => page(CodePage::Web(encoding_rs::ISO_8859_3)),
        "csisolatin4" | "iso-8859-4" | "iso-ir-110" | "iso_8859-4" | "iso_8859-4:1988" | "l4"
        | "latin4" => page(CodePage::Web(encoding_rs::ISO_8859_4)),
        "csisolatincyrillic" | "cyrillic" | "iso-8859-5" | "iso-ir-144" | "iso_8859-5"
        | "iso_8859-5:1988" => page(CodePage::Web(encoding_rs::ISO_8859_5)),
        "arabic" | "asmo-708" | "csiso88596e" | "csiso88596i" | "csisolatinarabic" | "ecma-114"
        | "iso-8859-6" | "iso-8859-6-e" | "iso-8859-6-i" | "iso-ir-127" | "iso_8859-6"
        | "iso_8859-6-e" | "iso_8859-6-i" | "iso_8859-6:1987" => {
            page(CodePage::Web(encoding_rs::ISO_8859_6))
        }
        "csisolatingreek" | "ecma-118" | "elot_928" | "greek" | "greek8" | "iso-8859-7"
        | "iso-ir-126" | "iso_8859-7" | "iso_8859-7:1987" => {
            page(CodePage::Web(encoding_rs::ISO_8859_7))
        }
        "csiso88598e" | "csiso88598i" | "csisolatinhebrew" | "hebrew" | "iso-8859-8"
        | "iso-8859-8-e" | "iso-8859-8-i" | "iso-ir-138" | "iso_8859-8" | "iso_8859-8-e"
        | "iso_8859-8-i" | "iso_8859-8:1988" => page(CodePage::Web(encoding_rs::ISO_8859_8)),
        "csisolatin5" | "iso-8859-9" | "iso-ir-148" | "iso_8859-9" | "iso_8859-9:1989" | "l5"
        | "latin5" => page(CodePage::Latin5),
        "csisolatin6" | "iso-8859-10" | "iso-ir-157" | "iso_8859-10:1992" | "l6" | "latin6" => {
            page(CodePage::Web(encoding_rs::ISO_8859_10))
        }
        "csshiftjis" | "ms_kanji" | "shift_jis" => Encoding::ShiftJis,
        "cseucpkdfmtjapanese" | "euc-jp" | "extended_unix_code_packed_format_for_japanese" => {
            Encoding::EucJp
        }
        "cseuckr" | "euc-kr" => Encoding::EucKr,
        "csiso2022jp" | "iso-2022-jp" => Encoding::Iso2022Jp,
        "csutf8" | "utf-8" => Encoding::Utf8,
        "csiso885913" | "iso-8859-13" => page(CodePage::Web(encoding_rs::ISO_8859_13)),
        "csiso885914" | "iso-8859-14" | "iso-celtic" | "iso-ir-199" | "iso_8859-14"
        | "iso_8859-14:1998" | "l8" | "latin8" => page(CodePage::Web(encoding_rs::ISO_8859_14)),
        "csiso885915" | "iso-8859-15" | "iso_8859-15" | "latin-9" => {
            page(CodePage::Web(encoding_rs::ISO_8859_15))
        }
        "csiso885916" | "iso-8859-16" | "iso-ir-226" | "iso_8859-16" | "iso_8859-16:2001"
        | "l10" | "latin10" => page(CodePage::Web(encoding_rs::ISO_8859_16)),
        "cp936" | "csgbk" | "gbk" | "ms936" | "windows-936" => Encoding::Gbk,
        "csgb18030" | "gb18030" => Encoding::Gb18030,
        "csutf16be" | "utf-16be" => utf_16(true, false),
        "csutf16le" | "utf-16le" => utf_16(false, false),
        "csutf16" | "utf-16" => utf_16(true, true),
        "850" | "cp850" | "cspc850multilingual" | "ibm850" => {
            page(CodePage::Dos(code_page::DOS_850))
        }
        "862" | "cp862" | "cspc862latinhebrew" | "ibm862" => {
            page(CodePage::Dos(code_page::DOS_862))
        }
        "big5" | "csbig5" => Encoding::Big5,
        "csmacintosh" | "mac" | "macintosh" => page(CodePage::Web(encoding_rs::MACINTOSH)),
        "cp037" | "csibm037" | "ebcdic-cp-ca" | "ebcdic-cp-nl" | "ebcdic-cp-us"
        | "ebcdic-cp-wt" | "ibm037" => page(CodePage::Ibm037),
        "437" | "cp437" | "cspc8codepage437" | "ibm437" => page(CodePage::Dos(code_page::DOS_437)),
        "852" | "cp852" | "cspcp852" | "ibm852" => page(CodePage::Dos(code_page::DOS_852)),
        "855" | "cp855" | "csibm855" | "ibm855" => page(CodePage::Dos(code_page::DOS_855)),
        "860" | "cp860" | "csibm860" | "ibm860" => page(CodePage::Dos(code_page::DOS_860)),
        "863" | "cp863" | "csibm863" | "ibm863" => page(CodePage::Dos(code_page::DOS_863)),
        "865" | "cp865" | "csibm865" | "ibm865" => page(CodePage::Dos(code_page::DOS_865)),
        "cskoi8r" | "koi8-r" => page(CodePage::Web(encoding_rs::KOI8_R)),
        "hz-gb-2312" => Encoding::Hz,
        "866" | "cp866" | "csibm866" | "ibm866" => page(CodePage::Web(encoding_rs::IBM866)),
        "cskoi8u" | "koi8-u" => page(CodePage::Web(encoding_rs::KOI8_U)),
        "ccsid00858" | "cp00858" | "csibm00858" | "ibm00858" | "pc-multilingual-850+euro" => {
            page(CodePage::Dos(code_page::DOS_858))
        }
        "ccsid01140" | "cp01140" | "csibm01140" | "ebcdic-us-37+euro" | "ibm01140" => {
            page(CodePage::Ibm1140)
        }
        "csibm1047" | "ibm-1047" | "ibm1047" => page(CodePage::Ibm1047),
        "cswindows874" | "windows-874" => page(CodePage::Web(encoding_rs::WINDOWS_874)),
        "cswindows1250" | "windows-1250" => page(CodePage::Web(encoding_rs::WINDOWS_1250)),
        "cswindows1251" | "windows-1251" => page(CodePage::Web(encoding_rs::WINDOWS_1251)),
        "cswindows1252" | "windows-1252" => page(CodePage::Web(encoding_rs::WINDOWS_1252)),
        "cswindows1253" | "windows-1253" => page(CodePage::Web(encoding_rs::WINDOWS_1253)),
        "cswindows1254" | "windows-1254" => page(CodePage::Web(encoding_rs::WINDOWS_1254)),
        "cswindows1255" | "windows-1255" => page(CodePage::Web(encoding_rs::WINDOWS_1255)),
        "cswindows1256" | "windows-1256" => page(CodePage::Web(encoding_rs::WINDOWS_1256)),
        "cswindows1257" | "windows-1257" => page(CodePage::Web(encoding_rs::WINDOWS_1257)),
        "cswindows1258" | "windows-1258" => page(CodePage::Web(encoding_rs::WINDOWS_1258)),
        _ => return None,
    })
}
