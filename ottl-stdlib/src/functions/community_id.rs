//! `CommunityID(source_i_p, source_port, destination_i_p, destination_port, protocol?, seed?)`

use std::fmt;
use std::net::IpAddr;

use ::base64::Engine as _;
use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};
use sha1::{Digest as _, Sha1};

use crate::support::plain::Plain;
use crate::support::{base64, ip};

/// The converter `CommunityID`.
pub(crate) const COMMUNITY_ID: Plain = Plain {
    signature: &SIGNATURE,
    kernel: community_id,
};

static SIGNATURE: Signature = Signature {
    name: "CommunityID",
    params: &[
        Param::new("source_i_p", ParamKind::Value(ValueKind::String)),
        Param::new("source_port", ParamKind::Value(ValueKind::Int)),
        Param::new("destination_i_p", ParamKind::Value(ValueKind::String)),
        Param::new("destination_port", ParamKind::Value(ValueKind::Int)),
        Param::optional("protocol", ParamKind::Value(ValueKind::String)),
        Param::optional("seed", ParamKind::Value(ValueKind::Int)),
    ],
    result: Type::String,
    fields: &[],
    docs: "The Community ID of a network flow, version 1, which is the same for both directions.\n\n\
           The protocol is `ICMP`, `ICMP6`, `RSVP`, `SCTP`, `TCP` or `UDP`, without it `TCP`. The \
           seed is 0 without it. Ports and the seed are numbers from 0 to 65535. Ports of ICMP are \
           taken as they are, not as types and codes of messages.",
    examples: &[
        Example {
            title: "A flow",
            source: r#"CommunityID("128.232.110.120", 34855, "66.35.250.204", 80)"#,
            attributes: "{}",
            result: r#"{"string":"1:LQU9qZlK+B5F3KDmev6m5PMibrg="}"#,
        },
        Example {
            title: "Its answers",
            source: r#"CommunityID("66.35.250.204", 80, "128.232.110.120", 34855, "TCP", 0)"#,
            attributes: "{}",
            result: r#"{"string":"1:LQU9qZlK+B5F3KDmev6m5PMibrg="}"#,
        },
        Example {
            title: "A port that is none",
            source: r#"CommunityID("10.0.0.1", 65536, "10.0.0.2", 80)"#,
            attributes: "{}",
            result: "error: The source port is 65536, which is not from 0 to 65535.",
        },
    ],
};

/// One end of a flow. Of two ends the smaller one comes first: by the length of the address, its
/// bytes, and the port.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct End {
    address: IpAddr,
    port: u16,
}

fn community_id(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let source = end(cx, 0, "source")?;
    let destination = end(cx, 2, "destination")?;
    let protocol = if cx.is_present(4) {
        let name = cx.string(4)?;
        protocol_number(cx.bytes(name))?
    } else {
        TCP
    };
    let seed = if cx.is_present(5) {
        number_of_16_bits(cx.int(5)?, format_args!("seed"))?
    } else {
        0
    };
    let [first, second] = if source > destination {
        [destination, source]
    } else {
        [source, destination]
    };
    let hash = Sha1::new().chain_update(seed.to_be_bytes());
    let hash = add_address(add_address(hash, first.address), second.address)
        .chain_update([protocol, 0])
        .chain_update(first.port.to_be_bytes())
        .chain_update(second.port.to_be_bytes())
        .finalize();
    let mut text = *b"1:0123456789012345678901234567";
    base64::STANDARD
        .encode_slice(hash, &mut text[2..])
        .expect("28 digits are 20 bytes");
    Ok(cx.new_string(&text))
}

/// The end whose address is the argument `param`, and whose port is the next.
fn end(cx: &mut CallContext<'_>, param: usize, name: &str) -> Result<End, ExecError> {
    let address = cx.string(param)?;
    let port = number_of_16_bits(cx.int(param + 1)?, format_args!("{name} port"))?;
    let address = ip::parse(cx.bytes(address))
        .ok_or_else(|| ExecError::new(format!("The text for the {name} is no IP address.")))?;
    Ok(End { address, port })
}

fn add_address(hash: Sha1, address: IpAddr) -> Sha1 {
    match address {
        IpAddr::V4(address) => hash.chain_update(address.octets()),
        IpAddr::V6(address) => hash.chain_update(address.octets()),
    }
}

fn number_of_16_bits(number: i64, name: fmt::Arguments<'_>) -> Result<u16, ExecError> {
    u16::try_from(number).map_err(|_| {
        ExecError::new(format!(
            "The {name} is {number}, which is not from 0 to 65535."
        ))
    })
}

const TCP: u8 = 6;

fn protocol_number(name: &[u8]) -> Result<u8, ExecError> {
    Ok(match name {
        b"ICMP" => 1,
        b"TCP" => TCP,
        b"UDP" => 17,
        b"RSVP" => 46,
        b"ICMP6" => 58,
        b"SCTP" => 132,
        _ => {
            return Err(ExecError::new(
                "The protocol is not known. Use ICMP, ICMP6, RSVP, SCTP, TCP or UDP.",
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, int, text};
    use serde_json::json;

    #[test]
    fn both_directions_have_one_id() {
        let one = convert(
            &COMMUNITY_ID,
            &[text("::1"), int(9), text("10.0.0.1"), int(8)],
        );
        let other = convert(
            &COMMUNITY_ID,
            &[text("10.0.0.1"), int(8), text("::1"), int(9)],
        );
        assert!(one.is_ok());
        assert_eq!(one, other);
        let mapped = convert(
            &COMMUNITY_ID,
            &[text("::1"), int(9), text("::ffff:10.0.0.1"), int(8)],
        );
        assert_eq!(one, mapped);
    }

    #[test]
    fn optional_arguments_are_looked_at_when_they_are_there() {
        let call = |protocol, seed| {
            let ends = [text("10.0.0.1"), int(1), text("10.0.0.2"), int(2)];
            let args: Vec<_> = ends.into_iter().chain([protocol, seed]).collect();
            convert(&COMMUNITY_ID, &args)
        };
        let id = call(text("TCP"), int(0));
        assert_eq!(call(Arg::Absent, Arg::Absent), id);
        assert_ne!(call(text("UDP"), int(0)), id);
        assert_ne!(call(text("TCP"), int(1)), id);
        assert!(call(text("tcp"), int(0)).is_err());
        assert!(call(text("TCP"), int(65_536)).is_err());
        assert!(call(Arg::Failed, Arg::Absent).is_err());
        assert_ne!(id, Ok(json!({"string": "1:"})));
    }
}
