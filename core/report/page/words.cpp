#include "core/report/page/words.hpp"

#include "core/base/packed_texts.hpp"

namespace netecho {
namespace {

struct Row {
  Word word;
  std::string_view en;
  std::string_view ko;
};

constexpr Row kWords[] = {
    {Word::title_one, "Round trips to {}", "{} 왕복 시간"},
    {Word::title_many, "Round trips to {} targets", "대상 {}개의 왕복 시간"},
    {Word::title_compared, "Two runs compared", "두 측정의 비교"},
    {Word::answered, "{} of {} probes were answered, {} lost ({}).",
     "탐침 {}개가 응답받았습니다(전체 {}개). {}개는 손실되었습니다({})."},
    {Word::answered_many, "{} of {} targets answered. Probes sent: {}, lost: {}.",
     "대상 {}개가 응답했습니다(전체 {}개). 보낸 탐침은 {}개, 손실은 {}개입니다."},
    {Word::answered_none, "No probe was sent.", "보낸 탐침이 없습니다."},
    {Word::half_within, "Half of the answers came within {}, 99 of 100 within {}.",
     "응답의 절반은 {} 안에, 100개 중 99개는 {} 안에 왔습니다."},
    {Word::when, "Began {} and took {}.", "{}에 시작하여 {} 동안 측정했습니다."},
    {Word::began, "Began {}.", "{}에 시작했습니다."},
    {Word::how, "How it was measured", "측정 방법"},
    {Word::by_version, "Measured by netecho {}.", "netecho {}(으)로 측정했습니다."},
    {Word::by_unknown_version,
     "Measured by netecho; its output (schema netecho/1) does not tell the version.",
     "netecho로 측정했습니다. 출력(스키마 netecho/1)에는 버전이 없습니다."},
    {Word::page_by, "Page made by netecho {}.", "이 문서는 netecho {}(으)로 만들었습니다."},
    {Word::median, "Median", "중앙값"},
    {Word::p99, "99% within", "99% 이내"},
    {Word::longest, "Longest", "최댓값"},
    {Word::lost, "Lost", "손실"},
    {Word::sent, "Sent", "보냄"},
    {Word::unanswered, "Unanswered", "응답 없음"},
    {Word::target, "Target", "대상"},
    {Word::verdict, "Verdict", "판정"},
    {Word::verdict_held, "All thresholds held.", "모든 기준을 지켰습니다."},
    {Word::verdict_failed, "{} of {} thresholds failed.", "기준 {}개를 어겼습니다(전체 {}개)."},
    {Word::held, "held", "지킴"},
    {Word::failed, "failed", "어김"},
    {Word::value, "Value", "값"},
    {Word::limit, "Must not be", "허용하지 않음"},
    {Word::figures, "All figures", "모든 수치"},
    {Word::figures_intro, "Names are those of the JSON output.", "이름은 JSON 출력의 이름입니다."},
    {Word::figure, "Figure", "수치"},
    {Word::time_line, "Round trips over time", "시간에 따른 왕복 시간"},
    {Word::time_line_intro,
     "The line is the median; in the band around it lie 8 of 10 round trips (p10 to p90). Bars "
     "below show where probes were lost, a full bar all of them; shaded stretches are outages.",
     "선은 중앙값이고, 띠에는 왕복 시간 10개 중 8개가 들어 있습니다(p10~p90). 아래의 막대는 "
     "손실된 곳을 나타내며, 가득 찬 막대는 모두 손실을 뜻합니다. 음영은 중단된 구간입니다."},
    {Word::time_line_alt,
     "Over {}, medians lie between {} and {}; probes were lost in {} of {} stretches.",
     "{} 동안 중앙값은 {}에서 {} 사이입니다. 손실이 있는 구간은 {}개입니다(전체 {}개)."},
    {Word::no_time_line,
     "When each probe was sent is not in this output, so there is no time line: jsonl output or "
     "--samples have it.",
     "이 출력에는 각 탐침을 보낸 시각이 없어 시간 그래프를 그릴 수 없습니다. jsonl 출력이나 "
     "--samples에는 있습니다."},
    {Word::no_probes_known,
     "Single probes are not in this output, so time line, percentile curve and histogram are left "
     "out: jsonl output or --samples have them.",
     "이 출력에는 개별 탐침이 없어 시간 그래프, 백분위 곡선, 히스토그램을 생략했습니다. jsonl "
     "출력이나 --samples에는 있습니다."},
    {Word::since_start, "Since the start", "시작 이후"},
    {Word::from, "From", "부터"},
    {Word::outages, "Outages", "중단"},
    {Word::probes, "Probes", "탐침"},
    {Word::start, "Began", "시작"},
    {Word::duration, "Took", "기간"},
    {Word::curve, "Percentiles", "백분위"},
    {Word::curve_intro,
     "How long the fastest share of the round trips took at most. To the right are the rare long "
     "ones: each mark leaves out ten times fewer of them.",
     "빠른 순으로 해당 비율까지의 왕복 시간입니다. 오른쪽으로 갈수록 드물고 긴 것이며, 눈금마다 "
     "제외되는 수가 열 배씩 줄어듭니다."},
    {Word::curve_alt, "Half took up to {}, 90% up to {}, 99% up to {}, all up to {}.",
     "절반은 {}, 90%는 {}, 99%는 {}, 전체는 {} 이하입니다."},
    {Word::percentile, "Percentile", "백분위"},
    {Word::histogram, "Distribution", "분포"},
    {Word::histogram_intro, "How many round trips took how long.", "왕복 시간별 횟수입니다."},
    {Word::histogram_intro_two,
     "Which share of the round trips took how long: bars are the first run, the outline is the "
     "second one.",
     "왕복 시간별 비율입니다. 막대는 첫째 측정, 윤곽선은 둘째 측정입니다."},
    {Word::histogram_alt, "{} round trips between {} and {}; most of them, {}, from {} to {}.",
     "왕복 {}회가 {}에서 {} 사이입니다. 가장 많은 {}회는 {}에서 {} 사이입니다."},
    {Word::no_replies, "There were no replies, so there is nothing to draw.",
     "응답이 없어 그릴 것이 없습니다."},
    {Word::targets, "Targets compared", "대상 비교"},
    {Word::flows, "Flows compared", "흐름 비교"},
    {Word::bars_intro, "A dot is the median; its line ends at the 99th percentile.",
     "점은 중앙값이고, 선은 99번째 백분위에서 끝납니다."},
    {Word::bars_alt, "Median and 99th percentile of each row, on one scale.",
     "각 행의 중앙값과 99번째 백분위를 같은 눈금으로 나타냅니다."},
    {Word::stations, "Stations that answered", "응답한 장치"},
    {Word::address, "Address", "주소"},
    {Word::received, "Received", "받음"},
    {Word::compare, "Differences", "차이"},
    {Word::compare_intro,
     "Figures that differ, target by target: the second run less the first one.",
     "대상별로 달라진 수치이며, 둘째 측정에서 첫째 측정을 뺀 값입니다."},
    {Word::first_run, "First run", "첫째 측정"},
    {Word::second_run, "Second run", "둘째 측정"},
    {Word::difference, "Difference", "차이"},
    {Word::instrument, "The instrument's own share", "측정 도구 자체의 영향"},
    {Word::instrument_intro,
     "What netecho and the machine that it ran on added: how late probes left, what a send call "
     "and a look at the clock took, how late the kernel ended a sleep, and the round trip of this "
     "transport from the machine to itself.",
     "netecho와 실행한 컴퓨터가 더한 시간입니다. 탐침이 늦게 출발한 정도, 전송 호출과 시계 읽기에 "
     "걸린 시간, 커널이 늦게 깨운 정도, 그리고 같은 컴퓨터 안에서의 왕복 시간입니다."},
    {Word::floor_note,
     "{}: a large part of the round trips is the instrument's own; its floor is {}.",
     "{}: 왕복 시간의 상당 부분이 측정 도구 자체의 것입니다. 하한은 {}입니다."},
    {Word::skipped_note,
     "{}: {} of {} probes were not sent; the figures say nothing of those moments.",
     "{}: 탐침 {}개를 보내지 못했습니다(전체 {}개). 그 순간에 대해서는 수치가 말해 주지 않습니다."},
    {Word::skipped_many_note,
     "{} targets: {} of {} probes were not sent; the figures say nothing of those moments.",
     "대상 {}개에서 탐침 {}개를 보내지 못했습니다(전체 {}개). 그 순간에 대해서는 수치가 말해 주지 "
     "않습니다."},
    {Word::data, "The data", "데이터"},
    {Word::data_intro,
     "This page holds the results as JSON (netecho schema prints its schema), in an element with "
     "the "
     "id netecho-result-1, and those of another run in netecho-result-2.",
     "이 문서에는 결과가 JSON으로 들어 있습니다(스키마: netecho schema). 요소의 id는 "
     "netecho-result-1이고, 다른 실행의 결과가 있으면 netecho-result-2입니다."},
    {Word::show_table, "As a table", "표로 보기"},
    {Word::notes, "What to know about this page", "이 문서를 볼 때 알아둘 점"},
    {Word::errors, "Errors", "오류"},
    {Word::reasons, "Why probes could not be sent", "탐침을 보내지 못한 이유"},
    {Word::reason, "Reason", "이유"},
    {Word::interrupted, "interrupted", "중간에 멈춤"},
    {Word::mode_connect, "connecting alone", "연결만 측정"},
    {Word::stamped, "the server stamps", "서버가 시각을 적음"},
    {Word::plain_echo, "plain echo", "단순 에코"},
    {Word::authenticated, "authenticated", "인증됨"},
    {Word::schedule_flood, "as fast as answers come", "응답이 오는 대로"},
    {Word::schedule_poisson, "at random gaps", "무작위 간격"},
    {Word::local_end, "from {}", "출발지 {}"},
    {Word::colleague,
     "netecho sends probes to an echo server and measures how long each takes to come back.",
     "netecho는 에코 서버로 탐침을 보내고 각각이 돌아오는 데 걸리는 시간을 잽니다."},
    {Word::reached_not, "not reached: {}", "도달하지 못함: {}"},
    {Word::summary, "In figures", "요약 수치"},
    {Word::points, "{} points", "{}p"},
    {Word::round_trip_time, "Round-trip time", "왕복 시간"},
    {Word::round_trips, "Round trips", "왕복 횟수"},
    {Word::share, "Share of the round trips", "왕복 비율"},
};

constexpr bool is_in_order() {
  std::size_t i = 0;
  for (const Row& row : kWords) {
    if (static_cast<std::size_t>(row.word) != i++) return false;
  }
  return i == static_cast<std::size_t>(Word::count);
}
static_assert(is_in_order());
constexpr auto kEnglishWords = packed<kWords, &Row::en>();
constexpr auto kKoreanWords = packed<kWords, &Row::ko>();

struct NoteRow {
  PageNote note;
  std::string_view en;
  std::string_view ko;
};
constexpr NoteRow kNotes[] = {
    {PageNote::cut, "The output breaks off inside of an event ({}×); what was whole is shown.",
     "출력이 이벤트 도중에 끊겼습니다({}회). 온전한 부분만 보여 줍니다."},
    {PageNote::foreign, "Objects that are nothing of the schema netecho/1 were left out: {}.",
     "스키마 netecho/1이 아닌 객체 {}개를 제외했습니다."},
    {PageNote::unknown, "Events of types that this version does not know were left out: {}.",
     "이 버전이 모르는 종류의 이벤트 {}개를 제외했습니다."},
    {PageNote::too_large, "Objects or texts that are too large were left out or cut: {}.",
     "너무 큰 객체나 문자열 {}개를 제외하거나 잘랐습니다."},
    {PageNote::more_targets, "Summaries beyond those that a page shows were left out: {}.",
     "이 문서에 담을 수 있는 수를 넘은 요약 {}개를 제외했습니다."},
    {PageNote::more_drawn,
     "Only the first 12 targets have plots; without a summary, the others are left out.",
     "처음 대상 12개만 그래프가 있습니다. 나머지 대상은 요약이 없으면 제외합니다."},
    {PageNote::data_left_out,
     "Objects that would make the data in this page too large were left out of it: {}.",
     "문서가 너무 커지므로 데이터에서 객체 {}개를 제외했습니다."},
    {PageNote::no_summary,
     "Targets without a summary in the output: {}. Their figures are computed from single probes.",
     "출력에 대상 {}개의 요약이 없어 개별 탐침에서 수치를 계산했습니다."},
    {PageNote::bad_samples, "Lines of the samples that are no records were left out: {}.",
     "샘플 파일에서 레코드가 아닌 줄 {}개를 제외했습니다."},
    {PageNote::other_samples,
     "The samples are of another run: none of their targets is in the output (left out: {}).",
     "샘플이 다른 실행의 것입니다. 그 대상이 출력에 없어 제외했습니다(대상 {}개)."},
};

constexpr bool notes_are_in_order() {
  std::size_t i = 0;
  for (const NoteRow& row : kNotes) {
    if (static_cast<std::size_t>(row.note) != i++) return false;
  }
  return true;
}
static_assert(notes_are_in_order());
constexpr auto kEnglishNotes = packed<kNotes, &NoteRow::en>();
constexpr auto kKoreanNotes = packed<kNotes, &NoteRow::ko>();

std::string_view of(PageLanguage language, std::string_view en, std::string_view ko) noexcept {
  return language == PageLanguage::ko ? ko : en;
}

std::string filled(std::string_view pattern, const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) {
    const std::size_t at = pattern.find("{}");
    if (at == std::string_view::npos) break;
    out += std::string(pattern.substr(0, at)) + value;
    pattern.remove_prefix(at + 2);
  }
  return out + std::string(pattern);
}

}  // namespace

std::string_view to_string(PageLanguage language) noexcept {
  return of(language, "en", "ko");
}

PageLanguage language_of_locale(std::string_view locale) noexcept {
  const bool korean = locale == "ko" || locale.starts_with("ko_") || locale.starts_with("ko.");
  return korean ? PageLanguage::ko : PageLanguage::en;
}

std::string_view say(PageLanguage language, Word word) noexcept {
  const auto row = static_cast<std::size_t>(word);
  return of(language, kEnglishWords[row], kKoreanWords[row]);
}

std::string say(PageLanguage language, Word word, const std::vector<std::string>& values) {
  return filled(say(language, word), values);
}

std::string say(PageLanguage language, const PageNoteCount& note) {
  const auto row = static_cast<std::size_t>(note.note);
  const std::string_view pattern = of(language, kEnglishNotes[row], kKoreanNotes[row]);
  return filled(pattern, {std::to_string(note.count)});
}

}  // namespace netecho
