//! From a module file to a login, and every way in which that fails.

mod common;

use std::path::Path;

use common::{
    LABEL, SO_PIN, Stranger, USER_PIN, first_file, isolated, load_module, login, open, pin, profile,
};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::Attribute;
use hsm_profiles::{ErrorClass, HsmError, Module, PinState, TokenSelector};
use signer_core::rule::Explained;
use signer_core::rule::Verdict;
use signer_core::token::{Line, hsm02, hsm05, hsm06};
use signer_core::types::{Lang, Network};

fn is_two_lines_without_the_pin(error: &HsmError) {
    for lang in [Lang::En, Lang::Ja] {
        let text = error.text(lang);
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(
            text.lines().all(|line| line.trim().chars().count() > 10),
            "{text}"
        );
        assert!(
            !text.contains(USER_PIN) && !text.contains("wrong-pin"),
            "{text}"
        );
    }
}

#[test]
fn a_blank_token_is_provisioned_and_one_in_use_never_is() {
    isolated(
        "a_blank_token_is_provisioned_and_one_in_use_never_is",
        |tokens| {
            let (module, selector) = tokens.provisioned();
            let info = module.tokens().unwrap();
            assert_eq!(info.len(), 1);
            assert_eq!(info[0].selector(), selector);
            assert_eq!(info[0].pin, PinState::Fine);
            assert_eq!(info[0].serial.as_str().len(), 16);

            let again = module
                .init_token(&pin(SO_PIN), LABEL, &pin(USER_PIN))
                .unwrap_err();
            assert_eq!(
                again,
                HsmError::LabelTaken {
                    label: LABEL.into()
                }
            );
            is_two_lines_without_the_pin(&again);
            let other = module
                .init_token(&pin(SO_PIN), "other", &pin(USER_PIN))
                .unwrap();
            assert_eq!(module.tokens().unwrap().len(), 2);
            assert_ne!(other.serial, selector.serial);
        },
    );
}

#[test]
fn facts_name_token_module_and_profile() {
    isolated("facts_name_token_module_and_profile", |tokens| {
        let (module, selector, token) = tokens.opened();
        let facts = token.facts();
        assert_eq!(Some(facts.serial.clone()), selector.serial);
        assert_eq!(
            facts.module_library.as_str(),
            "SoftHSM: Implementation of PKCS11"
        );
        assert_eq!(facts.module_digest, module.digest());
        assert_eq!(facts.profile_digest, profile().digest());
        let expected = profile().expectation(Some(facts.clone()));
        assert_eq!(hsm02(&facts, &expected), Verdict::Passed);
        let main = hsm06(facts.standing(), Some(&facts), Network::Main, None);
        assert!(matches!(main, Verdict::Refused(_)));
    });
}

#[test]
fn a_wrong_pin_is_said_and_not_tried_again() {
    isolated("a_wrong_pin_is_said_and_not_tried_again", |tokens| {
        let (module, selector) = tokens.provisioned();
        let error = open(&module, &selector)
            .login(&pin("wrong-pin"))
            .unwrap_err();
        assert_eq!(error.class(), ErrorClass::PinWrong);
        assert_eq!(
            error.what().text(Lang::En),
            "C_Login returned CKR_PIN_INCORRECT"
        );
        is_two_lines_without_the_pin(&error);

        let closed = open(&module, &selector);
        assert_eq!(closed.pin_state(), PinState::CountLow);
        let token = closed.login(&pin(USER_PIN)).unwrap();
        assert_eq!(hsm05(token.logout().unwrap().end), Verdict::Passed);
        assert_eq!(open(&module, &selector).pin_state(), PinState::Fine);
    });
}

#[test]
fn a_pin_of_impossible_length_costs_no_try() {
    isolated("a_pin_of_impossible_length_costs_no_try", |tokens| {
        let (module, selector) = tokens.provisioned();
        for bad in ["", "123", &"1".repeat(256)] {
            let error = open(&module, &selector).login(&pin(bad)).unwrap_err();
            assert_eq!(error, HsmError::PinLength { min: 4, max: 255 });
            is_two_lines_without_the_pin(&error);
        }
        assert_eq!(open(&module, &selector).pin_state(), PinState::Fine);
    });
}

#[test]
fn a_missing_token_is_named_with_those_that_are_there() {
    isolated(
        "a_missing_token_is_named_with_those_that_are_there",
        |tokens| {
            let (module, selector) = tokens.provisioned();
            let wanted = TokenSelector {
                label: Line::lossy("elsewhere"),
                serial: None,
            };
            let error = module.open(&wanted).unwrap_err();
            assert!(
                error
                    .what()
                    .text(Lang::En)
                    .contains("\"elsewhere\"; seen: himuro-test")
            );
            is_two_lines_without_the_pin(&error);

            let copy = TokenSelector {
                serial: Some(Line::lossy("0000000000000000")),
                ..selector
            };
            assert!(matches!(module.open(&copy), Err(HsmError::NoToken { .. })));
        },
    );
}

#[test]
fn what_is_no_module_is_not_loaded() {
    isolated("what_is_no_module_is_not_loaded", |tokens| {
        let missing = Module::load(&profile(), Some(Path::new("/nowhere/p11.so"))).unwrap_err();
        assert!(matches!(missing, HsmError::ModuleMissing { .. }));
        is_two_lines_without_the_pin(&missing);

        let text = tokens.file("text.so");
        std::fs::write(&text, "no library").unwrap();
        let libm = first_file(&[
            "/lib/x86_64-linux-gnu/libm.so.6",
            "/lib/aarch64-linux-gnu/libm.so.6",
            "/lib64/libm.so.6",
        ]);
        for path in [text, libm] {
            let error = Module::load(&profile(), Some(&path)).unwrap_err();
            assert!(matches!(error, HsmError::NotAModule { .. }), "{error:?}");
            is_two_lines_without_the_pin(&error);
        }
    });
}

#[test]
fn the_module_of_another_maker_is_refused() {
    isolated("the_module_of_another_maker_is_refused", |_| {
        let text = include_str!("../profiles/softhsm2.toml");
        let other = text.replace("library = [\"SoftHSM\"", "library = [\"Thales\"");
        let other = hsm_profiles::Profile::parse(&other).unwrap();
        let error = Module::load(&other, None).unwrap_err();
        assert!(matches!(error, HsmError::WrongModule { .. }));
        is_two_lines_without_the_pin(&error);
    });
}

#[test]
fn a_broken_configuration_is_a_device_that_is_gone() {
    isolated(
        "a_broken_configuration_is_a_device_that_is_gone",
        |tokens| {
            std::fs::remove_dir_all(tokens.store()).unwrap();
            let error = Module::load(&profile(), None).unwrap_err();
            assert_eq!(error.class(), ErrorClass::DeviceGone);
            assert_eq!(
                error.what().text(Lang::En),
                "C_Initialize returned CKR_GENERAL_ERROR"
            );
            is_two_lines_without_the_pin(&error);
        },
    );
}

#[test]
fn one_program_loads_the_module_once_at_a_time() {
    isolated("one_program_loads_the_module_once_at_a_time", |tokens| {
        let (module, selector, token) = tokens.opened();
        let second = Module::load(&profile(), None).unwrap_err();
        assert_eq!(second.class(), ErrorClass::Busy);
        drop(token);
        drop(module);
        login(&load_module(), &selector);
    });
}

#[test]
fn a_private_key_that_is_visible_before_login_stops_it() {
    isolated(
        "a_private_key_that_is_visible_before_login_stops_it",
        |tokens| {
            let (module, selector) = tokens.provisioned();
            drop(module);
            Stranger::alone(|session| {
                let curve = vec![0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a];
                let public = [Attribute::Token(true), Attribute::EcParams(curve)];
                let private = [Attribute::Token(true), Attribute::Private(false)];
                session
                    .generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)
                    .unwrap();
            });
            let error = open(&load_module(), &selector)
                .login(&pin(USER_PIN))
                .unwrap_err();
            assert_eq!(error, HsmError::VisibleBeforeLogin { count: 1 });
            is_two_lines_without_the_pin(&error);
        },
    );
}
