//! The officers of the rehearsal. Names are made up.

/// One officer: who, where, and in which roles.
pub(super) struct Person {
    /// Identifier in the roster.
    pub(super) id: String,
    /// Name in Latin letters.
    pub(super) name: String,
    /// Name in Japanese.
    pub(super) name_ja: String,
    /// Department.
    pub(super) department: &'static str,
    /// Roles, as `officer enroll` takes them.
    pub(super) roles: &'static str,
}

/// The office: administrators, requester, approver and director.
const OFFICE: [(&str, &str, &str, &str, &str); 7] = [
    (
        "kato.m",
        "Kato Mika",
        "加藤 美香",
        "compliance",
        "policy-administrator",
    ),
    (
        "mori.s",
        "Mori Shun",
        "森 駿",
        "risk",
        "risk-checker,policy-administrator",
    ),
    (
        "hayashi.y",
        "Hayashi Yuko",
        "林 優子",
        "internal-control",
        "policy-administrator",
    ),
    (
        "sato.k",
        "Sato Kenichi",
        "佐藤 健一",
        "treasury",
        "requester",
    ),
    ("suzuki.a", "Suzuki Aya", "鈴木 彩", "risk", "approver"),
    (
        "tanaka.d",
        "Tanaka Daichi",
        "田中 大地",
        "board",
        "approver,director",
    ),
    (
        "abe.t",
        "Abe Takumi",
        "阿部 拓海",
        "wallet-operations",
        "broadcaster",
    ),
];

/// Family names of the operators; two for each device that signs.
const OPERATORS: [(&str, &str, &str); 8] = [
    ("ito", "Ito", "伊藤"),
    ("yamada", "Yamada", "山田"),
    ("kobayashi", "Kobayashi", "小林"),
    ("watanabe", "Watanabe", "渡辺"),
    ("nakamura", "Nakamura", "中村"),
    ("yoshida", "Yoshida", "吉田"),
    ("sasaki", "Sasaki", "佐々木"),
    ("matsumoto", "Matsumoto", "松本"),
];

/// The administrators, in the order in which they sign.
pub(super) const ADMINISTRATORS: [&str; 3] = ["kato.m", "mori.s", "hayashi.y"];
/// Who asks for the withdrawal.
pub(super) const REQUESTER: &str = "sato.k";
/// Who is to broadcast it.
pub(super) const BROADCASTER: &str = "abe.t";
/// Who approves it: a departmental approver and a director.
pub(super) const APPROVERS: [&str; 2] = ["suzuki.a", "tanaka.d"];

/// Everybody in the office.
pub(super) fn office() -> Vec<Person> {
    OFFICE
        .into_iter()
        .map(|(id, name, name_ja, department, roles)| Person {
            id: id.into(),
            name: name.into(),
            name_ja: name_ja.into(),
            department,
            roles,
        })
        .collect()
}

/// The number of a device by its name: `d3` is 3.
pub(super) fn number_of(device: &str) -> usize {
    device.trim_start_matches('d').parse().unwrap_or(1)
}

/// The two operators of device `number`, counted from 1.
pub(super) fn operators(number: usize) -> [Person; 2] {
    [
        operator(number, 0, "custody"),
        operator(number, 1, "wallet-operations"),
    ]
}

fn operator(number: usize, seat: usize, department: &'static str) -> Person {
    let (id, name, name_ja) = OPERATORS[(2 * (number - 1) + seat) % OPERATORS.len()];
    Person {
        id: format!("{id}.{number}"),
        name: format!("{name} {number}"),
        name_ja: format!("{name_ja} {number}"),
        department,
        roles: "operator",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn nobody_sits_in_two_chairs() {
        let mut ids: BTreeSet<String> = office().into_iter().map(|p| p.id).collect();
        let count = ids.len();
        for number in 1..=15 {
            ids.extend(operators(number).map(|p| p.id));
        }
        assert_eq!(ids.len(), count + 30);
    }
}
