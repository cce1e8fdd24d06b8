//! Words that lines of logs begin with: what stands behind a line break and begins with one of them is no rest of a secret.

use std::sync::OnceLock;

use rustc_hash::FxHashSet;

/// In small letters: English function words, the verbs and nouns of logs, severities, statuses, methods, keywords of languages.
const WORDS: &str = "
a about above accept accepted access account active actual add added additional address admin after again agent alert all allow allowed
already also an and another any api app application applied apply are args argument arguments array as assert assertion async at attempt
attempting attempts auth authenticate authenticated authentication authorization authorized auto available await back backend backoff bad
base basic batch be bearer because been before begin beginning being between binary block body boot both broken bucket buffer build
builder bundle but by bytes cache cached call callback called calling came can canceled cancelled cannot caught cause caused certificate
change changed channel character characters chat check checking checkpoint checksum child class clean cleanup clear client close closed closing cluster code cold
collected collection column command commit commits compile complete completed component config configuration configured conflict connect
connected connecting connection connections connector consumer container content context continue continuing cookie core could count cpu
crash create created creating critical cron current data database date deadline debug decode default deferred delete deleted denied
deploy deployment deprecated detail details detected device did direct directory disabled disconnect disconnected disk dispatch do docker
document does domain done down download downstream driver drop dropped dump duplicate during duration each elapsed else email emergency
empty enable enabled encountered end endpoint ended entry enum enums env environment error errors etag event events every exceeded except
exception exec executing execution exhausted exist existing exists exit exited exiting expected expired expires export extra fail failed
failing failure false fatal feature fetch fetched fetching field file files final finally finish finished first fixture flag flush folder
follow following follows for forbidden force forced format found frame from frontend full function further gateway generated get getting given giving
global go going got graceful group had handle handled handler handling handshake has have head header headers health healthy heartbeat
hello help here hint hit host hosts how however http https id if ignore ignored ignoring image import imported in include incoming index
info information init initial initialize initialized initializing inner input insert instance instances integrity internal into invalid is issue it item items
its job jobs join joined just keep key keys kill killed kind known last latency later launched layer left length lets level library limit
line lines link list listen listening load loaded loading local lock locked log logger login logout logs long lookup loop lost machine
made main make malformed management map match matched max maximum may memory merge message messages metadata method metric metrics
middleware migrate migration migrations min missing mode model module monitor more most mount mounted move moved multiple must name named
namespace network never new next no node none normal not note nothing notice now null number object of off offline offset ok old on once
one only open opened opening operation operations option optional options or order orders origin other our out outer output over overflow own
owner package page pair panic parameter params parent parse parsed parsing part partial partition pass passed password patch path pause
payload peer pending per permission permissions permit persistent pid ping pipe pipeline plan platform please plugin pod point policy
pool port post prefix preparing present previous primary print probe problem process processed processing producer profile project prompt
proto protocol provide provided provider proxy publish published pull pulled push pushed put query queue queued quota raise raised random
rate reached read reading ready reason received receiving recent reconnect reconnecting record records recover recovered recovery redirect refresh
refused region register registered registry reject rejected release released reload remote remove removed removing rendered replace
replica replied reply report request requested requests require required requires reset resolve resolved resource resources response
rest restart restarted restarting result results resume retried retries retry retrying return returned returning revision revoked role rollback room
root route router row rows rule run runner running runtime saved saving scale scaled schedule scheduled scheduler schema scope script
search secondary secret secrets section secure see seed segment select self send sending sent sequence serializable server servers service
services session sessions set setting settings setup severity shard should show shut shutdown shutting signal signature since size skip
skipped skipping sleep sleeping slow snapshot so socket some source space span spawn spawned specified sql stack stage staging start
started starting startup state statement states static status step still stop stopped stopping storage store stored stream string struct
subscribe subscriber subscription succeeded success successful successfully suite super support supported suspended switch sync system
table tag target task tasks template temporary term terminate terminated terminating termination test testing tests text than that the
their them then there these they thing this thread threads threshold throw throttled ticket time timed timeout timeouts times timestamp to token tokens too took
total trace traceback traces traffic transaction transport tried tries trigger triggered true truncated try trying turn two type types uid unable unauthenticated
unauthorized unavailable under undefined unexpected unhandled unhealthy unit unknown unprocessable unsupported until up update updated updates
updating upgrade upload upstream url usage use used user users using valid validate validation value values var variable verify version
very via view violation virtual volume wait waited waiting waits wake warn warning was watch we web websocket webhook were what when where whether
which while who why width will window windows with within without worker workers workspace would wrapper write writing written wrong yaml yes yet
yield you your zone
member members spool identifier account accounts customer customers tenant tenants message messages address addresses mail mails recipient recipients contact
person people owner sender principal principals subject caller actor author assignee reviewer contacted notified
aborted alive anonymous blank canary cleared connectionless created crashed critical degraded done draining evicted failing frozen idle inactive locked
offline online paused pending preempted provisioning queued readonly rejected resolved revoked rolling scaling stale stalled standby succeeded suspended
synced terminal unresponsive unschedulable crashloopbackoff imagepullbackoff oomkilled errimagepull containercreating notready
already_exists deadline_exceeded failed_precondition invalid_argument not_found out_of_range permission_denied resource_exhausted unimplemented
cancel options connect delete sigterm sigkill sigint sigsegv sighup sigabrt sigpipe eof enoent eacces eperm econnrefused econnreset etimedout epipe enotfound
eaddrinuse ehostunreach enotconn eai_again eexist einval emfile enomem eintr
";

/// Whether a word, in whatever case, is one that lines of logs begin with.
pub(super) fn is_known(word: &str) -> bool {
    static KNOWN: OnceLock<FxHashSet<&str>> = OnceLock::new();
    /// Longer than any of them.
    const LONGEST: usize = 24;
    let known = KNOWN.get_or_init(|| WORDS.split_ascii_whitespace().collect());
    word.len() <= LONGEST && known.contains(word.to_ascii_lowercase().as_str())
}
