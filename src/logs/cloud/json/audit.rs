//! Payloads that are messages: the audit log, which is what Cloud Run's own events are, and any other as it came.

use gcloud_sdk::google::cloud::audit::service_account_delegation_info::Authority;
use gcloud_sdk::google::cloud::audit::{
    AuditLog, AuthenticationInfo, AuthorizationInfo, OrgPolicyViolationInfo, PolicyViolationInfo, RequestMetadata,
    ResourceLocation, ServiceAccountDelegationInfo, ViolationInfo, authorization_info, violation_info,
};
use gcloud_sdk::google::rpc::context::attribute_context::{Auth, Peer, Request, Resource};
use gcloud_sdk::google::rpc::{DebugInfo, ErrorInfo, Status};
use gcloud_sdk::prost::Message;
use gcloud_sdk::prost_types::{self, Any};
use serde_json::Value;

use super::{Fields, base64, structure, timestamp};

/// The message under its type's name; one that is not known here keeps its bytes.
pub(super) fn any(any: Any) -> Value {
    let name = any.type_url.rsplit('/').next().unwrap_or_default();
    let known = match name {
        "google.cloud.audit.AuditLog" => AuditLog::decode(any.value.as_slice()).ok().map(audit_log),
        "google.rpc.Status" => Status::decode(any.value.as_slice()).ok().map(status),
        "google.rpc.ErrorInfo" => ErrorInfo::decode(any.value.as_slice()).ok().map(error_details),
        "google.rpc.DebugInfo" => DebugInfo::decode(any.value.as_slice()).ok().map(debug_details),
        "google.protobuf.Struct" => {
            let value = prost_types::Struct::decode(any.value.as_slice()).ok();
            value.map(|value| {
                let mut fields = Fields::default();
                fields.set("value", structure(value));
                fields
            })
        }
        _ => None,
    };
    let mut fields = known.unwrap_or_else(|| {
        let mut fields = Fields::default();
        fields.text("value", base64(&any.value));
        fields
    });
    fields.text("@type", any.type_url);
    fields.done()
}

fn audit_log(log: AuditLog) -> Fields {
    let mut fields = Fields::default();
    fields.text("serviceName", log.service_name);
    fields.text("methodName", log.method_name);
    fields.text("resourceName", log.resource_name);
    fields.set("resourceLocation", log.resource_location.map(resource_location));
    fields.set("resourceOriginalState", log.resource_original_state.map(structure));
    fields.long("numResponseItems", log.num_response_items);
    fields.set("status", log.status.map(|value| status(value).done()));
    fields.set("authenticationInfo", log.authentication_info.map(authentication));
    fields.list("authorizationInfo", log.authorization_info, authorization);
    fields.set("policyViolationInfo", log.policy_violation_info.map(policy_violation));
    fields.set("requestMetadata", log.request_metadata.map(request_metadata));
    fields.set("request", log.request.map(structure));
    fields.set("response", log.response.map(structure));
    fields.set("metadata", log.metadata.map(structure));
    #[allow(deprecated)]
    fields.set("serviceData", log.service_data.map(any));
    fields
}

fn resource_location(place: ResourceLocation) -> Value {
    let mut fields = Fields::default();
    fields.texts("currentLocations", place.current_locations);
    fields.texts("originalLocations", place.original_locations);
    fields.done()
}

fn status(status: Status) -> Fields {
    let mut fields = Fields::default();
    fields.number("code", status.code);
    fields.text("message", status.message);
    fields.list("details", status.details, any);
    fields
}

fn error_details(error: ErrorInfo) -> Fields {
    let mut fields = Fields::default();
    fields.text("reason", error.reason);
    fields.text("domain", error.domain);
    fields.map("metadata", error.metadata);
    fields
}

fn debug_details(debug: DebugInfo) -> Fields {
    let mut fields = Fields::default();
    fields.texts("stackEntries", debug.stack_entries);
    fields.text("detail", debug.detail);
    fields
}

fn authentication(who: AuthenticationInfo) -> Value {
    let mut fields = Fields::default();
    fields.text("principalEmail", who.principal_email);
    fields.text("authoritySelector", who.authority_selector);
    fields.set("thirdPartyPrincipal", who.third_party_principal.map(structure));
    fields.text("serviceAccountKeyName", who.service_account_key_name);
    fields.list("serviceAccountDelegationInfo", who.service_account_delegation_info, delegation);
    fields.text("principalSubject", who.principal_subject);
    fields.done()
}

fn delegation(delegation: ServiceAccountDelegationInfo) -> Value {
    let mut fields = Fields::default();
    fields.text("principalSubject", delegation.principal_subject);
    match delegation.authority {
        Some(Authority::FirstPartyPrincipal(principal)) => {
            let mut first = Fields::default();
            first.text("principalEmail", principal.principal_email);
            first.set("serviceMetadata", principal.service_metadata.map(structure));
            fields.set("firstPartyPrincipal", first.done());
        }
        Some(Authority::ThirdPartyPrincipal(principal)) => {
            let mut third = Fields::default();
            third.set("thirdPartyClaims", principal.third_party_claims.map(structure));
            fields.set("thirdPartyPrincipal", third.done());
        }
        None => {}
    }
    fields.done()
}

fn authorization(authorization: AuthorizationInfo) -> Value {
    let mut fields = Fields::default();
    fields.text("resource", authorization.resource);
    fields.text("permission", authorization.permission);
    fields.flag("granted", authorization.granted);
    fields.set("resourceAttributes", authorization.resource_attributes.map(resource));
    let kind = authorization_info::PermissionType::try_from(authorization.permission_type).ok();
    fields.enumeration("permissionType", authorization.permission_type, kind.map(|kind| kind.as_str_name()));
    fields.done()
}

fn policy_violation(violation: PolicyViolationInfo) -> Value {
    let mut fields = Fields::default();
    fields.set("orgPolicyViolationInfo", violation.org_policy_violation_info.map(org_policy_violation));
    fields.done()
}

fn org_policy_violation(violation: OrgPolicyViolationInfo) -> Value {
    let mut fields = Fields::default();
    fields.set("payload", violation.payload.map(structure));
    fields.text("resourceType", violation.resource_type);
    fields.map("resourceTags", violation.resource_tags);
    fields.list("violationInfo", violation.violation_info, one_violation);
    fields.done()
}

fn one_violation(violation: ViolationInfo) -> Value {
    let mut fields = Fields::default();
    fields.text("constraint", violation.constraint);
    fields.text("errorMessage", violation.error_message);
    fields.text("checkedValue", violation.checked_value);
    let kind = violation_info::PolicyType::try_from(violation.policy_type).ok();
    fields.enumeration("policyType", violation.policy_type, kind.map(|kind| kind.as_str_name()));
    fields.done()
}

fn request_metadata(request: RequestMetadata) -> Value {
    let mut fields = Fields::default();
    fields.text("callerIp", request.caller_ip);
    fields.text("callerSuppliedUserAgent", request.caller_supplied_user_agent);
    fields.text("callerNetwork", request.caller_network);
    fields.set("requestAttributes", request.request_attributes.map(request_attributes));
    fields.set("destinationAttributes", request.destination_attributes.map(peer));
    fields.done()
}

fn request_attributes(request: Request) -> Value {
    let mut fields = Fields::default();
    fields.text("id", request.id);
    fields.text("method", request.method);
    fields.map("headers", request.headers);
    fields.text("path", request.path);
    fields.text("host", request.host);
    fields.text("scheme", request.scheme);
    fields.text("query", request.query);
    fields.set("time", request.time.map(timestamp));
    fields.long("size", request.size);
    fields.text("protocol", request.protocol);
    fields.text("reason", request.reason);
    fields.set("auth", request.auth.map(auth));
    fields.text("origin", request.origin);
    fields.done()
}

fn auth(auth: Auth) -> Value {
    let mut fields = Fields::default();
    fields.text("principal", auth.principal);
    fields.texts("audiences", auth.audiences);
    fields.text("presenter", auth.presenter);
    fields.set("claims", auth.claims.map(structure));
    fields.texts("accessLevels", auth.access_levels);
    fields.done()
}

fn peer(peer: Peer) -> Value {
    let mut fields = Fields::default();
    fields.text("ip", peer.ip);
    fields.long("port", peer.port);
    fields.map("labels", peer.labels);
    fields.text("principal", peer.principal);
    fields.text("regionCode", peer.region_code);
    fields.done()
}

fn resource(resource: Resource) -> Value {
    let mut fields = Fields::default();
    fields.text("service", resource.service);
    fields.text("name", resource.name);
    fields.text("type", resource.r#type);
    fields.map("labels", resource.labels);
    fields.text("uid", resource.uid);
    fields.map("annotations", resource.annotations);
    fields.text("displayName", resource.display_name);
    fields.set("createTime", resource.create_time.map(timestamp));
    fields.set("updateTime", resource.update_time.map(timestamp));
    fields.set("deleteTime", resource.delete_time.map(timestamp));
    fields.text("etag", resource.etag);
    fields.text("location", resource.location);
    fields.done()
}
