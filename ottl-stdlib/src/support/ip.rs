//! Internet addresses and networks, read as Go's `net` reads them.

use std::net::{IpAddr, Ipv6Addr};

/// No address has more characters than `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`.
const LONGEST: usize = 45;

/// Reads an address. An address of IPv4 that is written as one of IPv6 is one of IPv4.
pub(crate) fn parse(text: &[u8]) -> Option<IpAddr> {
    Some(read(text)?.to_canonical())
}

fn read(text: &[u8]) -> Option<IpAddr> {
    if text.len() > LONGEST {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Network {
    /// The first of them; of IPv4 where it can be written as such.
    first: IpAddr,
    /// A bit for each that counts, the last 32 of them for IPv4.
    mask: u128,
}

impl Network {
    /// Reads an address, a slash, and the number of bits.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let slash = text.iter().position(|&byte| byte == b'/')?;
        let (address, bits) = (read(&text[..slash])?, count(&text[slash + 1..])?);
        let width = if address.is_ipv4() { 32 } else { 128 };
        let host = width - Some(bits).filter(|&bits| bits <= width)?;
        let mask = u128::MAX.checked_shl(host).unwrap_or(0);
        let first = match address {
            IpAddr::V4(address) => IpAddr::V4((address.to_bits() & mask as u32).into()),
            IpAddr::V6(address) => {
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask)).to_canonical()
            }
        };
        Some(Self { first, mask })
    }

    /// Whether an address is one of them.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                address.to_bits() & self.mask as u32 == first.to_bits()
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                address.to_bits() & self.mask == first.to_bits()
            }
            _ => false,
        }
    }
}

/// Decimal digits as a number; any number of zeros may be in front.
fn count(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u32, |count, &digit| {
        let digit = char::from(digit).to_digit(10)?;
        count.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(address: &str, network: &str) -> bool {
        let network = Network::parse(network.as_bytes()).expect("a network");
        network.contains(parse(address.as_bytes()).expect("an address"))
    }

    #[test]
    fn networks_have_the_addresses_that_begin_alike() {
        assert!(is_in("192.0.2.9", "192.0.2.77/24"));
        assert!(!is_in("192.0.3.9", "192.0.2.77/24"));
        assert!(is_in("255.0.0.1", "0.0.0.0/0"));
        assert!(is_in("2001:db8::1", "2001:db8::/032"));
        assert!(!is_in("::1", "0.0.0.0/0"));
        assert!(is_in("1.2.3.4", "::ffff:1.2.3.0/120"));
        assert!(!is_in("1.2.3.4", "::/0"));
        assert!(is_in("::ffff:1.2.3.4", "1.2.3.4/32"));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "1.2.3.4",
            "1.2.3.4/",
            "1.2.3.4/33",
            "1.2.3.4/+1",
            "/8",
            "1.2.3.04/8",
            "::/129",
            "fe80::1%eth0/64",
            "1.2.3/8",
            "1.2.3.4/99999999999",
            "1.2.3.4/8/8",
        ] {
            assert_eq!(Network::parse(text.as_bytes()), None, "{text}");
        }
    }
}
