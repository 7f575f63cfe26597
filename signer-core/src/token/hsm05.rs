//! HSM05.

use alloc::vec::Vec;

use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};

/// What the token said of its login after the program logged out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginState {
    /// Nobody is logged in.
    LoggedOut,
    /// Somebody still is.
    LoggedIn,
    /// The token did not say.
    Unknown,
}

/// The state of a session after its logout, asked of the token and not assumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionEnd {
    /// The state by `C_GetSessionInfo`.
    pub login: LoginState,
    /// Private keys that can still be found.
    pub visible_private_keys: usize,
}

/// HSM05: The HSM is logged out at the end.
pub fn hsm05(end: SessionEnd) -> Verdict {
    let mut refusals = Vec::new();
    if end.login != LoginState::LoggedOut {
        let got = match end.login {
            LoginState::LoggedOut | LoginState::LoggedIn => phrase!("logged in", "ログイン中"),
            LoginState::Unknown => phrase!("unknown", "不明"),
        };
        refusals.push(refusal(phrase!("logged out", "ログアウト済み"), got));
    }
    if end.visible_private_keys > 0 {
        let expected = phrase!("no private key visible", "見える秘密鍵なし");
        let got = phrase!(
            "{count} still visible",
            "まだ {count} 個見える",
            count = end.visible_private_keys
        );
        refusals.push(refusal(expected, got));
    }
    Verdict::of(refusals)
}

const fn refusal(expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::HSM05, Place::Token, expected, got)
}

#[cfg(test)]
mod tests {
    use super::*;

    mod hsm05 {
        use super::*;

        const END: SessionEnd = SessionEnd {
            login: LoginState::LoggedOut,
            visible_private_keys: 0,
        };

        #[test]
        fn passes_after_logout() {
            assert_eq!(hsm05(END), Verdict::Passed);
        }

        #[test]
        fn refuses_a_login_that_lasts_or_is_unknown() {
            for login in [LoginState::LoggedIn, LoginState::Unknown] {
                assert!(matches!(
                    hsm05(SessionEnd { login, ..END }),
                    Verdict::Refused(_)
                ));
            }
        }

        #[test]
        fn refuses_one_visible_private_key() {
            let seen = SessionEnd {
                visible_private_keys: 1,
                ..END
            };
            assert!(matches!(hsm05(seen), Verdict::Refused(_)));
        }
    }
}
