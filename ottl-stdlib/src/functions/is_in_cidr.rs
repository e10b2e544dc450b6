//! `IsInCIDR(target, networks)`

use otlp_columns::Value;
use ottl_vm::{
    BindArg, BindArgs, BindError, Bound, CallContext, Example, ExecError, Literal, Param,
    ParamKind, Signature, Type, ValueKind,
};

use crate::support::ip::{self, Network};
use crate::support::prepared::Prepared;

/// The converter `IsInCIDR`.
pub(crate) const IS_IN_CIDR: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "IsInCIDR",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::String)),
        Param::new("networks", ParamKind::List(ValueKind::String)),
    ],
    result: Type::Bool,
    fields: &[],
    docs: "Whether an IP address belongs to one of several networks, such as `10.0.0.0/8`.\n\n\
           Text that is no address belongs to none. A network that is none is rejected where it is \
           literal and an error where it is not, unless an earlier one has the address.",
    examples: &[
        Example {
            title: "An address of IPv4",
            source: r#"IsInCIDR(span.attributes["client"], ["10.0.0.0/8", "192.168.0.0/16"])"#,
            attributes: r#"{"client":"192.168.7.1"}"#,
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "No address",
            source: r#"IsInCIDR("localhost", ["0.0.0.0/0"])"#,
            attributes: "{}",
            result: r#"{"bool":false}"#,
        },
        Example {
            title: "No network",
            source: r#"IsInCIDR("10.0.0.1", ["10.0.0.0"])"#,
            attributes: "{}",
            result: "rejected: The text is no network. Write an IP address, a slash, and the number of bits, such as `10.0.0.0/8`.",
        },
        Example {
            title: "No network, in an attribute",
            source: r#"IsInCIDR("10.0.0.1", [span.attributes["net"]])"#,
            attributes: r#"{"net":"10.0.0.0/33"}"#,
            result: "error: The text is no network. Write an IP address, a slash, and the number of bits, such as `10.0.0.0/8`.",
        },
    ],
};

const NO_NETWORK: &str = "The text is no network. Write an IP address, a slash, and the number of \
                          bits, such as `10.0.0.0/8`.";

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let networks = literal_networks(args)?;
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let target = cx.string(0)?;
        let Some(address) = ip::parse(cx.bytes(target)) else {
            return Ok(Value::Bool(false));
        };
        let found = match &networks {
            Some(networks) => {
                cx.spend(networks.len() as u64)?;
                networks.iter().any(|network| network.contains(address))
            }
            None => is_in_any(cx, address)?,
        };
        Ok(Value::Bool(found))
    }))
}

/// The networks when each is literal. Those before the first that is not are checked all the same.
fn literal_networks(args: &BindArgs<'_>) -> Result<Option<Vec<Network>>, BindError> {
    let Some(BindArg::List(elements)) = args.args.get(1) else {
        return Ok(None);
    };
    let mut networks = Vec::with_capacity(elements.len());
    for element in elements {
        let BindArg::Literal(Literal::String(text)) = element else {
            return Ok(None);
        };
        let network = Network::parse(text).ok_or_else(|| BindError::param(1, NO_NETWORK))?;
        networks.push(network);
    }
    Ok(Some(networks))
}

fn is_in_any(cx: &mut CallContext<'_>, address: std::net::IpAddr) -> Result<bool, ExecError> {
    let Some(networks) = cx.list(1)? else {
        return Ok(false);
    };
    for index in 0..networks.len {
        let network = cx.element_string(networks, index)?;
        let network =
            Network::parse(cx.bytes(network)).ok_or_else(|| ExecError::new(NO_NETWORK))?;
        if network.contains(address) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Failure, convert, text, texts};
    use serde_json::json;

    #[test]
    fn networks_behind_the_one_that_has_the_address_are_not_looked_at() {
        let networks = |first: &str| Arg::List(vec![text(first).dynamic(), Arg::Failed]);
        let result = convert(&IS_IN_CIDR, &[text("10.1.2.3"), networks("10.0.0.0/8")]);
        assert_eq!(result, Ok(json!({"bool": true})));
        let result = convert(&IS_IN_CIDR, &[text("11.1.2.3"), networks("10.0.0.0/8")]);
        assert!(matches!(result, Err(Failure::Exec(_))));
        let result = convert(&IS_IN_CIDR, &[text("nobody"), networks("nowhere")]);
        assert_eq!(result, Ok(json!({"bool": false})));
    }

    #[test]
    fn literal_networks_are_checked_beforehand() {
        let result = convert(
            &IS_IN_CIDR,
            &[text("x"), texts(&["10.0.0.0/8", "10.0.0.0/40"])],
        );
        assert!(matches!(result, Err(Failure::Bind(_))));
        let result = convert(&IS_IN_CIDR, &[text("10.0.0.1"), texts(&[])]);
        assert_eq!(result, Ok(json!({"bool": false})));
    }
}
