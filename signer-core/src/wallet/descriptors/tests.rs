use bitcoin::{Address, Network};
use std::vec;

use super::*;
use crate::testing::{KEYS, world, wrapped};

/// BIP-129, test vector of mode "NO_ENCRYPTION".
const BIP129: &str = "wsh(sortedmulti(2,[1cf0bf7e/48'/0'/0'/2']xpub6FL8FhxNNUVnG64YurPd16AfGyvFLhh7S2uSsDqR3Qfcm6o9jtcMYwh6DvmcBF9qozxNQmTCVvWtxLpKTnhVLN3Pgnu2D3pAoXYFgVyd8Yz/**,[4fc1dd4a/48'/0'/0'/2']xpub6EebMbEps7ZcV3FYEnddRsvrFWDrt2tiPmCeM7pPXQEmphvq9ZfJ1LWFUDjf3vxCeBuPrfyGrMazWUsYsetrnHatQZVLJH7LsgCjtMqdzgj/**))";
const BIP129_FIRST: &str = "bc1qrgc6p3kylfztu06ysl752gwwuekhvtfh9vr7zg43jvu60mutamcsv948ej";
/// BIP-129, the same with public keys.
const BIP129_KEYS: &str = "wsh(sortedmulti(1,[59865f44/48'/0'/0'/2']026d15412460ba0d881c21837bb999233896085a9ed4e5445bd637c10e579768ba,[b7044ca6/48'/0'/0'/2']030baf0497ab406ff50cb48b4013abac8a0338758d2fd54cd934927afa57cc2062))#rzx9dffd";
const BIP129_KEYS_ADDRESS: &str = "bc1quqy523xu3l8che3s8vja8n33qtg0uyugr9l5z092s3wa50p8t7rqy6zumf";

fn listed(text: &str) -> ListedDescriptor {
    ListedDescriptor {
        text: text.into(),
        chain: None,
        range: (0, 4),
    }
}

fn read(texts: &[&str]) -> Result<DescriptorWallet, DescriptorError> {
    let list: Vec<_> = texts.iter().map(|text| listed(text)).collect();
    DescriptorWallet::read(&list)
}

fn address(wallet: &DescriptorWallet, chain: Chain, index: u32) -> String {
    let place = (chain, KeyIndex(index));
    let found = wallet.scripts.iter().find(|(_, at)| **at == place).unwrap();
    let address = Address::from_script(found.0, Network::Bitcoin).unwrap();
    address.to_string()
}

#[test]
fn reads_the_vectors_of_bip129() {
    let wallet = read(&[BIP129]).unwrap();
    assert_eq!((wallet.addresses(), wallet.threshold()), (10, 2));
    assert_eq!(address(&wallet, Chain::Receive, 0), BIP129_FIRST);
    let keys = read(&[BIP129_KEYS]).unwrap();
    // Its path names no index: the place in the list stands for it.
    assert_eq!(address(&keys, Chain::Receive, 1), BIP129_KEYS_ADDRESS);
}

/// Every address of a range as miniscript derives it by itself.
#[test]
fn derives_as_miniscript_does() {
    let head = BIP129.replace("/**", "/1/*");
    for text in [head.clone(), alloc::format!("sh({head})")] {
        let wallet = read(&[&text]).unwrap();
        let descriptor = Descriptor::<DescriptorPublicKey>::from_str(&text).unwrap();
        for index in 0..5 {
            let fixed = descriptor.at_derivation_index(index).unwrap();
            let at = Some((Chain::Change, KeyIndex(index)));
            assert_eq!(wallet.locate(&fixed.script_pubkey()), at);
            let witness = WalletScripts::witness_script(&wallet, Chain::Change, KeyIndex(index));
            assert_eq!(witness, fixed.explicit_script().ok());
        }
        let past = descriptor.at_derivation_index(5).unwrap();
        assert_eq!(wallet.locate(&past.script_pubkey()), None);
    }
}

/// The descriptors that our own wallets write, read back: the same places, scripts and origins.
#[test]
fn reads_what_wallets_write() {
    for world in [world(), wrapped()] {
        let chains = [Chain::Receive, Chain::Change].into_iter();
        let places: Vec<_> = chains
            .flat_map(|chain| (0..KEYS).map(move |index| (chain, KeyIndex(index))))
            .collect();
        let texts = places
            .iter()
            .map(|(chain, index)| world.wallet.descriptor(*chain, *index).unwrap());
        let list: Vec<_> = texts.map(|text| listed(&text)).collect();
        let read = DescriptorWallet::read(&list).unwrap();
        for (chain, index) in places {
            let script = world.wallet.script_pubkey(chain, index).unwrap();
            assert_eq!(read.locate(&script), Some((chain, index)));
            let [ours, theirs]: [&dyn WalletScripts; 2] = [&*world.wallet, &read];
            assert_eq!(
                ours.redeem_script(chain, index),
                theirs.redeem_script(chain, index)
            );
            for key in world.wallet.keys(chain, index).unwrap() {
                let bytes = key.serialize();
                let origin = ours.origin_of(chain, index, &bytes);
                assert_eq!(origin, theirs.origin_of(chain, index, &bytes));
                assert!(origin.is_some() && theirs.has_key(&key));
                assert!(theirs.has_fingerprint(origin.unwrap().0));
            }
        }
    }
}

#[test]
fn origins_are_written_out_to_the_index() {
    let wallet = read(&[BIP129]).unwrap();
    let row = &wallet.addresses[&(Chain::Change, KeyIndex(3))];
    let hardened = [48, 0, 0, 2].map(|step| step + HARDENED);
    let path = [&hardened[..], &[1, 3]].concat();
    assert_eq!(row[0].path, path);
    assert_eq!(
        row[0].fingerprint,
        Fingerprint::from_bytes([0x1c, 0xf0, 0xbf, 0x7e])
    );
}

#[test]
fn the_list_says_better_what_an_address_is_for() {
    let mut change = listed(BIP129_KEYS);
    change.chain = Some(Chain::Change);
    let wallet = DescriptorWallet::read(&[change]).unwrap();
    assert_eq!(address(&wallet, Chain::Change, 1), BIP129_KEYS_ADDRESS);
}

#[test]
fn refuses_what_is_no_wallet() {
    let keys = BIP129_KEYS.split_once('#').unwrap().0;
    let key = "026d15412460ba0d881c21837bb999233896085a9ed4e5445bd637c10e579768ba";
    let ranged = BIP129.replace("/**", "/0/*");
    let one = |text: &str| read(&[text]).unwrap_err();
    assert_eq!(read(&[]).unwrap_err(), DescriptorError::Empty);
    for text in [
        &BIP129_KEYS.replace("rzx9dffd", "rzx9dffe"),
        // 5 is the x of no point.
        &keys.replace(key, &alloc::format!("02{:064x}", 5)),
        "wsh(sortedmulti(1,xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi/0/*))",
        "",
    ] {
        assert!(
            matches!(one(text), DescriptorError::Unreadable(1, _)),
            "{text}"
        );
    }
    for text in [
        keys.replace("sortedmulti", "multi"),
        "wpkh(026d15412460ba0d881c21837bb999233896085a9ed4e5445bd637c10e579768ba)".into(),
        alloc::format!("sh({})", &keys[4..keys.len() - 1]),
    ] {
        assert_eq!(one(&text), DescriptorError::Form(1), "{text}");
    }
    assert_eq!(
        one(&ranged.replace("/0/*", "/0'/*")),
        DescriptorError::Key(1)
    );
    assert_eq!(
        one(&ranged.replace("/0/*", "/0/*'")),
        DescriptorError::Key(1)
    );
    let others = [
        keys.replace("sortedmulti(1", "sortedmulti(2"),
        alloc::format!("sh({keys})"),
        BIP129.into(),
    ];
    for other in others {
        let error = read(&[BIP129_KEYS, &other]).unwrap_err();
        assert_eq!(error, DescriptorError::OtherWallet(2));
    }
    assert_eq!(
        read(&[&ranged, BIP129]).unwrap_err(),
        DescriptorError::Repeated(2)
    );
    let mut backwards = listed(&ranged);
    backwards.range = (3, 2);
    let error = DescriptorWallet::read(&[backwards]).unwrap_err();
    assert_eq!(error, DescriptorError::Range(1));
}

#[test]
fn keys_are_few_and_different() {
    let key = |n: u8| {
        let secret = bitcoin::secp256k1::SecretKey::from_slice(&[n; 32]).unwrap();
        secret.public_key(&Secp256k1::new()).to_string()
    };
    let multi = |keys: Vec<String>| alloc::format!("wsh(sortedmulti(1,{}))", keys.join(","));
    let fifteen = multi((1..=15).map(key).collect());
    assert_eq!(read(&[&fifteen]).unwrap().addresses(), 1);
    let sixteen = multi((1..=16).map(key).collect());
    let twice = multi(vec![key(1), key(1)]);
    for text in [sixteen, twice] {
        assert_eq!(read(&[&text]).unwrap_err(), DescriptorError::Keys(1));
    }
}

#[test]
fn the_limit_of_keys_and_one_past_it() {
    let keys = u32::try_from(DESCRIPTOR_KEYS).unwrap();
    let wallet = |last| {
        let mut list = listed(&BIP129.replace("/**", "/0/*"));
        list.range = (0, last);
        DescriptorWallet::read(&[list])
    };
    assert_eq!(wallet(keys).unwrap_err(), DescriptorError::TooMany);
    let most = usize::try_from(keys / 2).unwrap();
    assert_eq!(wallet(keys / 2 - 1).unwrap().addresses(), most);
}

#[test]
fn a_hardened_step_names_no_index() {
    let text = BIP129_KEYS.split_once('#').unwrap().0.replace("2']", "0']");
    let wallet = read(&[&text]).unwrap();
    assert_eq!(address(&wallet, Chain::Receive, 1), BIP129_KEYS_ADDRESS);
}

/// Neither one script in two places nor two scripts in one.
#[test]
fn a_place_has_one_script_and_a_script_one_place() {
    let mut change = listed(BIP129_KEYS);
    change.chain = Some(Chain::Change);
    let twice = DescriptorWallet::read(&[listed(BIP129_KEYS), change]);
    assert_eq!(twice.unwrap_err(), DescriptorError::Repeated(2));
    let receive = |chain: &str| ListedDescriptor {
        text: BIP129.replace("/**", chain),
        chain: Some(Chain::Receive),
        range: (0, 0),
    };
    let both = DescriptorWallet::read(&[receive("/0/*"), receive("/1/*")]);
    assert_eq!(both.unwrap_err(), DescriptorError::Repeated(2));
}

#[test]
fn keys_of_others_are_not_its_own() {
    let wallet = read(&[BIP129_KEYS]).unwrap();
    let own = &wallet.addresses[&(Chain::Receive, KeyIndex(1))];
    let secret = bitcoin::secp256k1::SecretKey::from_slice(&[1; 32]).unwrap();
    let stranger = secret.public_key(&Secp256k1::new());
    assert!(own.iter().all(|key| wallet.has_key(&key.public_key)));
    assert!(
        own.iter()
            .all(|key| wallet.has_fingerprint(key.fingerprint))
    );
    assert!(!wallet.has_key(&stranger));
    assert!(!wallet.has_fingerprint(Fingerprint::from_bytes([1, 2, 3, 4])));
    let signer = |key: &PublicKey| wallet.signer_of(Chain::Receive, KeyIndex(1), key);
    for key in own {
        let name = signer(&key.public_key).unwrap().name;
        assert!(name.ends_with(&key.fingerprint.to_string()), "{name}");
    }
    assert_eq!(signer(&stranger), None);
}

#[test]
fn it_holds_its_own_scripts() {
    let wallet = read(&[BIP129]).unwrap();
    let (own, _) = wallet.scripts.iter().next().unwrap();
    assert!(wallet.holding(own).is_some());
    assert!(wallet.holding(&ScriptBuf::new()).is_none());
}

#[test]
fn an_error_is_told_in_its_two_lines() {
    let error = DescriptorError::TooMany;
    assert_eq!(std::format!("{error}"), error.text(Lang::En));
    assert_eq!(error.text(Lang::En).lines().count(), 2);
}
