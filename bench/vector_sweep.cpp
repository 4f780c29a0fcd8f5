// X100's figure (Boncz, Zukowski and Nes, CIDR 2005): the time of TPC-H Q1 over the vector capacity, as a table and, on
// demand, as an SVG. Interpretation costs on the left, values that leave the cache on the right.
//   vector_sweep --db DIR --svg figure.svg

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/session.h"
#include "bench/tpch_queries.h"

namespace {

using cairn::bench::Failure;
using cairn::bench::Session;

struct Point {
  uint64_t capacity;
  double ms;
};

/// The best of several runs; a point that takes seconds is not repeated.
Point measure(Session& session, uint64_t capacity, unsigned runs) {
  constexpr double kLongMs = 2000;
  session.execute(fmt::format("SET vector_capacity = {}", capacity));
  Point point{capacity, session.time_ms(cairn::bench::tpch_query(1))};
  for (unsigned i = 1; i < runs && point.ms < kLongMs; ++i) {
    point.ms = std::min(point.ms, session.time_ms(cairn::bench::tpch_query(1)));
  }
  return point;
}

std::string capacity_label(uint64_t capacity) {
  if (capacity >= 1 << 20) return fmt::format("{}M", capacity >> 20);
  return capacity >= 1 << 10 ? fmt::format("{}K", capacity >> 10) : fmt::format("{}", capacity);
}

/// Both axes logarithmic, as in the paper.
class Figure {
 public:
  explicit Figure(const std::vector<Point>& points) : points_(points) {
    const auto [least, greatest] = std::minmax_element(
        points.begin(), points.end(), [](const Point& a, const Point& b) { return a.ms < b.ms; });
    low_ = std::floor(std::log10(least->ms));
    high_ = std::max(low_ + 1, std::ceil(std::log10(greatest->ms)));
  }

  std::string svg(const std::string& title) const {
    std::string out = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
        "font-family=\"sans-serif\" font-size=\"13\" fill=\"#333\">\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
        "<text x=\"{2}\" y=\"26\" font-size=\"16\">{3}</text>\n",
        kWidth, kHeight, kLeft, title);
    append_axes(out);
    std::string line;
    for (const Point& point : points_) line += fmt::format("{:.1f},{:.1f} ", x(point.capacity), y(point.ms));
    out += fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"#0b6\" stroke-width=\"2\"/>\n", line);
    for (const Point& point : points_) {
      out += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\" fill=\"#0b6\"><title>{}: {:.1f} ms</title></circle>\n",
                         x(point.capacity), y(point.ms), point.capacity, point.ms);
    }
    return out + "</svg>\n";
  }

 private:
  static constexpr double kWidth = 720, kHeight = 420, kLeft = 80, kRight = 24, kTop = 48, kBottom = 60;

  const std::vector<Point>& points_;
  double low_ = 0, high_ = 1;  ///< powers of ten of the time axis

  double x(uint64_t capacity) const {
    const double span = std::max(1.0, std::log2(static_cast<double>(points_.back().capacity)));
    return kLeft + (kWidth - kLeft - kRight) * std::log2(static_cast<double>(capacity)) / span;
  }
  double y(double ms) const {
    return kHeight - kBottom - (kHeight - kTop - kBottom) * (std::log10(ms) - low_) / (high_ - low_);
  }

  void append_axes(std::string& out) const {
    for (double power = low_; power <= high_; ++power) {
      for (int digit = 1; digit < (power < high_ ? 10 : 2); ++digit) {
        const double at = y(digit * std::pow(10, power));
        out += fmt::format("<line x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\"/>\n", kLeft,
                           kWidth - kRight, at, at, digit == 1 ? "#bbb" : "#eee");
        if (digit != 1) continue;
        out += fmt::format("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{:g} ms</text>\n", kLeft - 8, at + 4,
                           std::pow(10, power));
      }
    }
    for (size_t i = 0; i < points_.size(); i += 2) {
      out += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", x(points_[i].capacity),
                         kHeight - kBottom + 20, capacity_label(points_[i].capacity));
    }
    out += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">vector capacity (rows)</text>\n",
                       (kLeft + kWidth - kRight) / 2, kHeight - 14);
  }
};

void write_file(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) throw Failure{"could not open " + path};
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (std::fclose(file) != 0 || !written) throw Failure{"could not write " + path};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Time of TPC-H Q1 over the vector capacity"};
  std::string database_path, svg_path;
  unsigned threads = 1, runs = 5;
  uint64_t least = 1, greatest = 4 << 20;
  app.add_option("--db", database_path, "database directory with TPC-H")->required();
  app.add_option("--svg", svg_path, "file for the figure");
  app.add_option("--threads", threads, "worker threads")->check(CLI::Range(1u, 1024u))->capture_default_str();
  app.add_option("--runs", runs, "runs per capacity, the best counts")->check(CLI::Range(1u, 1000u))->capture_default_str();
  app.add_option("--from", least, "least capacity")->check(CLI::Range(1u, 4u << 20))->capture_default_str();
  app.add_option("--to", greatest, "greatest capacity")->check(CLI::Range(1u, 4u << 20))->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  try {
    Session session(database_path, CAIRN_OPEN_READ_ONLY);
    session.execute(fmt::format("SET threads = {}; SET checkpoint = off", threads));
    const double rows = std::stod(session.query("SELECT count(*) FROM lineitem")[0][0]);
    session.time_ms(cairn::bench::tpch_query(1));  // loads the columns
    std::vector<Point> points;
    fmt::print("{:>9} {:>12} {:>10}\n", "capacity", "ms", "ns/row");
    for (uint64_t capacity = least; capacity <= greatest; capacity *= 2) {
      points.push_back(measure(session, capacity, runs));
      fmt::print("{:>9} {:>12.2f} {:>10.2f}\n", capacity, points.back().ms, points.back().ms * 1e6 / rows);
      std::fflush(stdout);
    }
    if (!svg_path.empty() && !points.empty()) {
      write_file(svg_path, Figure(points).svg(fmt::format("TPC-H Q1, {:.3g} M rows, {} thread{}", rows / 1e6, threads,
                                                          threads == 1 ? "" : "s")));
    }
  } catch (const Failure& failure) {
    fmt::print(stderr, "vector_sweep: {}\n", failure.text);
    return 1;
  }
  return 0;
}
