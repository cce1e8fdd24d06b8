//! The words that drafting goes by: which say nothing, which are in every log, and which tell of trouble.
//!
//! They are English and from the field; a word that is missing here makes a draft a little longer or shorter, never wrong.

/// Words that say nothing by themselves.
pub const SMALL: &str = "\
    did do does done you can here see more information please check use try set may might should also be the a an of \
    to in on at by for with and or is was are were been them has have had it its this that as from while when due \
    because which will would into after during than then if but their there";

/// Beginnings of words that half of all log lines hold.
pub const COMMON: &str = "\
    error fail request response server service client connect timeout timed invalid unable could cannot can't \
    couldn't not no unexpected exception message status code log warn start stop run call user job task event data \
    value process received send sent retry";

/// Exceptions that are raised for everything.
pub const EVERYDAY: &str = "\
    Error Exception RuntimeError ValueError KeyError TypeError AttributeError IndexError OSError IOError \
    AssertionError TimeoutError TimeoutException IOException IllegalStateException IllegalArgumentException \
    RuntimeException NullPointerException HTTPException HTTPError LookupError StandardError ReferenceError Throwable \
    ERROR FATAL HTTP ConnectionError";

/// Words at which a sentence goes on to say when or why.
pub const SUBORDINATE: &str = "\
    while when because during but which whereas although";

/// Beginnings of words of trouble, those that every line has (`error`, `failed`) left out.
pub const TROUBLE: &str = "\
    refus reject miss unable denied timed expire stale lost mismatch disagree abort drop exceed corrupt crash \
    conflict deadlock too without not no cannot can't never prematurel full leak starv overload slow unknown \
    unexpected invalid unavailable violat inconsisten diverg duplicate exhaust insufficient broken dead kill larger \
    smaller require must unreachable incompatib unsupported skew asleep equal inequivalent different forbidden \
    malformed out";

/// Words that say how loud a line is.
pub const LEVELS: &str = "\
    trace debug info notice warn warning error err critical crit fatal severe panic alert emerg emergency log level";

/// Words that have a digit and are words all the same.
pub const WORDS_WITH_DIGITS: &str = "\
    ipv4 ipv6 http2 http3 h2 s3 ec2 k8s utf8 utf-8 md5 sha1 sha256 sha512 base64 x509 oauth2 oidc2 gb18030 log4j \
    i18n p12 pkcs12 inet6";

/// Words after which a number says which failure it is.
pub const ANNOUNCE: &str = "\
    http status code answered returned response statuscode status_code error errno errcode signal exit exitcode \
    sqlstate state rc err";

/// Things that have names; what follows one is its name.
pub const NAMED: &str = "\
    topic table relation column index database schema user role queue exchange bucket key collection host pod \
    container node volume service function stream shard job task worker tenant project region zone cluster namespace \
    consumer group broker replica session principal account vhost keyspace tablespace secret image subscription \
    model";

/// Small words before a name.
pub const PLACED: &str = "\
    in of on for from into by at";

/// Words that can follow a name, so that the word before them was one.
pub const AFTER_A_NAME: &str = "\
    not does is was has already could cannot failed exists in at on for from with are will can doesn't isn't lost \
    refused rejected";

/// Whether the word is in the list, upper and lower case aside.
pub fn has(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(word))
}

/// Whether the word begins as one of the list does, upper and lower case aside.
pub fn has_start(list: &str, word: &str) -> bool {
    let begins = |start: &str| word.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    list.split_ascii_whitespace().any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_whole_or_by_its_beginning() {
        assert!(has(SMALL, "The") && !has(SMALL, "th"));
        assert!(has_start(TROUBLE, "Disagrees") && !has_start(TROUBLE, "agrees"));
    }
}
