//! Pages as they travel: each entry stays bytes until it is read, so that one damaged entry does not cost its page.

use gcloud_sdk::google::logging::v2::LogEntry;
use gcloud_sdk::prost::Message;
use gcloud_sdk::prost::bytes::{Buf, Bytes};
use gcloud_sdk::prost::encoding::{WireType, decode_key, decode_varint};
use serde_json::{Map, Value, json};

use super::json;

/// `google.logging.v2.ListLogEntriesResponse`, with entries left as bytes: the two read the same on the wire.
#[derive(Clone, PartialEq, Message)]
#[prost(prost_path = "gcloud_sdk::prost")]
pub(super) struct Page {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub(super) entries: Vec<Bytes>,
    #[prost(string, tag = "2")]
    pub(super) next_page_token: String,
}

/// `google.logging.v2.TailLogEntriesResponse`, likewise.
#[derive(Clone, PartialEq, Message)]
#[prost(prost_path = "gcloud_sdk::prost")]
pub(super) struct Burst {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub(super) entries: Vec<Bytes>,
    #[prost(message, repeated, tag = "2")]
    pub(super) suppressed: Vec<gcloud_sdk::google::logging::v2::tail_log_entries_response::SuppressionInfo>,
}

/// Field numbers of LogEntry that the generated type knows.
const KNOWN: [u32; 17] = [2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 15, 22, 23, 24, 27, 30, 35];

/// The entry in Cloud Logging's JSON form; `None` where the bytes are no entry.
///
/// Fields that the public definition does not have yet are kept under `unknownFields`, by number, as base64.
pub(super) fn entry(bytes: &Bytes) -> Option<Map<String, Value>> {
    let mut fields = json::entry(LogEntry::decode(bytes.clone()).ok()?);
    let unknown = unknown_fields(bytes.clone()).filter(|unknown| !unknown.is_empty());
    fields.extend(unknown.map(|unknown| ("unknownFields".to_owned(), Value::Array(unknown))));
    Some(fields)
}

fn unknown_fields(mut bytes: Bytes) -> Option<Vec<Value>> {
    let mut unknown = Vec::new();
    while bytes.has_remaining() {
        let (number, kind) = decode_key(&mut bytes).ok()?;
        let before = bytes.clone();
        match kind {
            WireType::Varint => drop(decode_varint(&mut bytes).ok()?),
            WireType::SixtyFourBit => skip(&mut bytes, 8)?,
            WireType::ThirtyTwoBit => skip(&mut bytes, 4)?,
            WireType::LengthDelimited => {
                let length = decode_varint(&mut bytes).ok()?;
                skip(&mut bytes, usize::try_from(length).ok()?)?;
            }
            // Groups are not used any more.
            WireType::StartGroup | WireType::EndGroup => return None,
        }
        if !KNOWN.contains(&number) {
            let value = &before[..before.len() - bytes.len()];
            unknown.push(json!({ "number": number, "wireType": kind as u8, "value": json::base64(value) }));
        }
    }
    Some(unknown)
}

fn skip(bytes: &mut Bytes, count: usize) -> Option<()> {
    (bytes.remaining() >= count).then(|| bytes.advance(count))
}
