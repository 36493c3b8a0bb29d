#pragma once

/// \file
/// What all pages of figures have in common, whoever has the figures.

#include <functional>
#include <string>
#include <vector>

#include "core/http/http_message.hpp"
#include "core/report/prometheus_process.hpp"

namespace netecho {

/// The form in which a scraper wants figures (Accept); `text` if it takes either.
[[nodiscard]] Exposition asked_exposition(const HttpRequest& request);

/// Returns an answer whose text `body` appends.
[[nodiscard]] HttpAnswer exposition_answer(Exposition exposition, HttpBody body);

/// Appends what an exposition has beside its own figures: who made it, and what the process takes.
void append_about_us(std::string& out, const ProcessMetrics& process, Exposition exposition);

/// Returns the answer to a path that is the same everywhere (`/-/healthy`, `/-/ready`); none for
/// others. `ready`: whether there are figures to be had.
[[nodiscard]] std::optional<HttpAnswer> answer_health(const HttpRequest& request, bool ready);

/// Returns the answer to a path that nobody has.
[[nodiscard]] HttpAnswer no_such_page();

}  // namespace netecho
