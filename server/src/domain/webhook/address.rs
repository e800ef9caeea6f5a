//! Where a webhook may be: an address that anybody could reach, so that nobody makes the server ask what only the server
//! can reach.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::{Ipv4Net, Ipv6Net};
use url::{Host, Url};

/// Characters of an address.
const URL_CHARS: usize = 2_000;

/// How far deliveries may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Only to the public internet, and only encrypted.
    Public,
    /// Also to the server's own network and to the server itself, as its operator wants it.
    Anywhere,
}

/// Why an address cannot be that of a webhook.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    #[error("The `url` must be an address such as https://hooks.example.org/tern, of at most {URL_CHARS} characters.")]
    Form,
    #[error("The `url` must begin with https://, so that nobody on the way reads what is sent.")]
    Scheme,
    #[error("The `url` must not hold a user or a password. The signature says who sends.")]
    Credentials,
    #[error(transparent)]
    Private(#[from] NotPublic),
}

/// An address that is not of the public internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a public address. The server's operator may allow such ones (TERN_WEBHOOKS_PRIVATE).")]
pub struct NotPublic(IpAddr);

/// Reads where a webhook is. What its name stands for, only the moment of sending says.
pub fn target(text: &str, reach: Reach) -> Result<Url, InvalidAddress> {
    let fits = text.chars().count() <= URL_CHARS && !text.chars().any(char::is_control);
    let url = Url::parse(text).ok().filter(|_| fits).ok_or(InvalidAddress::Form)?;
    match url.scheme() {
        "https" => {}
        "http" if reach == Reach::Anywhere => {}
        "http" => return Err(InvalidAddress::Scheme),
        _ => return Err(InvalidAddress::Form),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidAddress::Credentials);
    }
    let literal = match url.host().ok_or(InvalidAddress::Form)? {
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(IpAddr::V6(address)),
        Host::Domain(_) => None,
    };
    literal.map_or(Ok(()), |address| check(address, reach))?;
    Ok(url)
}

/// Of what a name stands for, where to connect to. One address that is not allowed forbids the name: it leads where its
/// owner should not.
pub fn allowed(addresses: Vec<SocketAddr>, reach: Reach) -> Result<Vec<SocketAddr>, NotPublic> {
    addresses.iter().try_for_each(|address| check(address.ip(), reach))?;
    Ok(addresses)
}

fn check(address: IpAddr, reach: Reach) -> Result<(), NotPublic> {
    let public = match address {
        IpAddr::V4(address) => is_public_4(address),
        IpAddr::V6(address) => is_public_6(address),
    };
    if public || reach == Reach::Anywhere { Ok(()) } else { Err(NotPublic(address)) }
}

const fn v4(a: u8, b: u8, c: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, 0), length)
}

const fn v6(a: u16, b: u16, length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), length)
}

/// IANA's registry of special-purpose IPv4 addresses (RFC 6890), and multicast.
const SPECIAL_4: [Ipv4Net; 15] = [
    v4(0, 0, 0, 8),       // this network
    v4(10, 0, 0, 8),      // private
    v4(100, 64, 0, 10),   // shared between a provider and its customers
    v4(127, 0, 0, 8),     // loopback
    v4(169, 254, 0, 16),  // link-local, and where clouds tell machines their secrets
    v4(172, 16, 0, 12),   // private
    v4(192, 0, 0, 24),    // protocol assignments
    v4(192, 0, 2, 24),    // documentation
    v4(192, 88, 99, 24),  // 6to4 relays
    v4(192, 168, 0, 16),  // private
    v4(198, 18, 0, 15),   // benchmarks
    v4(198, 51, 100, 24), // documentation
    v4(203, 0, 113, 24),  // documentation
    v4(224, 0, 0, 4),     // multicast
    v4(240, 0, 0, 4),     // reserved, and broadcast
];

/// What IPv6 has given out for the public internet.
const GLOBAL_6: Ipv6Net = v6(0x2000, 0, 3);
/// Of that, what is special (RFC 6890).
const SPECIAL_6: [Ipv6Net; 4] = [
    v6(0x2001, 0, 23),     // protocol assignments, and Teredo
    v6(0x2001, 0xdb8, 32), // documentation
    v6(0x2002, 0, 16),     // 6to4: some IPv4 address
    v6(0x3fff, 0, 20),     // documentation
];
/// Behind it is an IPv4 address, as a translator reaches it (RFC 6052).
const NAT64: Ipv6Net = v6(0x64, 0xff9b, 96);

fn is_public_4(address: Ipv4Addr) -> bool {
    !SPECIAL_4.iter().any(|special| special.contains(&address))
}

fn is_public_6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_4(mapped);
    }
    if NAT64.contains(&address) {
        let [.., a, b, c, d] = address.octets();
        return is_public_4(Ipv4Addr::new(a, b, c, d));
    }
    GLOBAL_6.contains(&address) && !SPECIAL_6.iter().any(|special| special.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_anybody_could_reach_is_public() {
        let public = [
            "1.1.1.1",
            "93.184.215.14",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "223.255.255.255",
        ];
        let private = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.19.0.1",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
        ];
        let public_6 = ["2606:4700:4700::1111", "2a00:1450::1", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"];
        let private_6 = [
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::7f00:1",
            "64:ff9b::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "4000::1",
        ];
        for (all, good) in [(&public[..], true), (&private, false), (&public_6, true), (&private_6, false)] {
            for text in all {
                let address = text.parse().unwrap();
                assert_eq!(check(address, Reach::Public).is_ok(), good, "{text}");
                assert_eq!(check(address, Reach::Anywhere), Ok(()));
            }
        }
    }

    #[test]
    fn one_bad_address_spoils_a_name() {
        let at = |text: &str| SocketAddr::new(text.parse().unwrap(), 443);
        assert_eq!(allowed(vec![at("1.1.1.1")], Reach::Public), Ok(vec![at("1.1.1.1")]));
        let mixed = vec![at("1.1.1.1"), at("127.0.0.1")];
        assert_eq!(allowed(mixed.clone(), Reach::Public), Err(NotPublic("127.0.0.1".parse().unwrap())));
        assert_eq!(allowed(mixed.clone(), Reach::Anywhere), Ok(mixed));
    }

    #[test]
    fn an_address_is_read_as_it_is_connected_to() {
        let read = |text: &str| target(text, Reach::Public).map(|url| url.to_string());
        assert_eq!(read("https://Hooks.Example.org/tern?a=1"), Ok("https://hooks.example.org/tern?a=1".to_owned()));
        assert_eq!(read("http://hooks.example.org"), Err(InvalidAddress::Scheme));
        for form in ["", "hooks", "ftp://a.example", "https://", "file:///etc/passwd", "https://[::1", "https://a b/"] {
            assert_eq!(read(form), Err(InvalidAddress::Form), "{form}");
        }
        assert_eq!(read(&format!("https://a.example/{}", "x".repeat(URL_CHARS))), Err(InvalidAddress::Form));
        assert_eq!(read("https://u:p@a.example"), Err(InvalidAddress::Credentials));
        // However it is written.
        for private in
            ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "017700000001", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.7"]
        {
            let text = format!("https://{private}:8443/");
            assert!(matches!(read(&text), Err(InvalidAddress::Private(_))), "{private}");
            assert!(target(&text, Reach::Anywhere).is_ok());
        }
    }
}
