// SPDX-License-Identifier: BSD-2-Clause
// Compiled by the foreign C++ compiler: exceptions, virtual calls, containers, streams.
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct Shape { virtual ~Shape() = default; virtual double area() const = 0; };
struct Square : Shape { double s; explicit Square(double s) : s(s) {} double area() const override { return s * s; } };
struct Circle : Shape { double r; explicit Circle(double r) : r(r) {} double area() const override { return 3 * r * r; } };

int main()
{
    std::vector<std::unique_ptr<Shape>> shapes;
    for (int i = 1; i < 5; i++) {
        if (i % 2) shapes.push_back(std::make_unique<Square>(i));
        else shapes.push_back(std::make_unique<Circle>(i));
    }
    double total = 0;
    for (auto &s : shapes) total += s->area();
    std::map<std::string, int> words;
    for (auto w : { "a", "b", "a", "c", "a" }) words[w]++;
    try {
        if (total > 1) throw std::runtime_error("thrown");
    } catch (const std::exception &e) {
        std::cout << e.what() << ' ';
    }
    std::cout << total << ' ' << words["a"] << words["b"] << words["c"] << '\n';
}
