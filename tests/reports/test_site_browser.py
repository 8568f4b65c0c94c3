"""The site in headless Chromium, from the disk and without a network: every control does what it says.

Needs Debian's packages chromium and chromium-driver (or ``CHROMIUM`` and ``CHROMEDRIVER`` with their paths).
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.reports.plots import styles
from harness.sources.models.surrogates import SurrogateSet
from support.commands import harness_command
from support.made_site import FIDELITY, MULTI, SINGLE, played

webdriver = pytest.importorskip("selenium.webdriver", reason="Selenium is not installed: pip install -e '.[dev]'")

from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import Select, WebDriverWait  # noqa: E402

BROWSER = os.environ.get("CHROMIUM") or shutil.which("chromium")
DRIVER = os.environ.get("CHROMEDRIVER") or shutil.which("chromedriver")
if not (BROWSER and DRIVER):
    pytest.skip("Chromium is not installed: apt-get install chromium chromium-driver", allow_module_level=True)
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
WIDE, PHONE = (1280, 900), (375, 720)


class Browser:
    """A driver and what the tests ask of it."""

    def __init__(self, driver: Any, site: Path) -> None:
        self.driver, self.site = driver, site

    def open(self, page: str, size: tuple[int, int] = WIDE, dark: bool = False) -> None:
        """Loads a page afresh, with nothing remembered, and waits until it says that it is ready."""
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
        self.driver.get("about:blank")  # else another fragment of the same page would not be loaded again
        self.driver.get((self.site / page.split("#")[0]).as_uri() + ("#" + page.split("#")[1] if "#" in page else ""))
        WebDriverWait(self.driver, 20, 0.05).until(lambda _: self.js("return document.documentElement.dataset.ready"))

    def js(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def find(self, selector: str) -> Any:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[Any]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)  # type: ignore[no-any-return]

    def choose(self, name: str, value: str) -> None:
        """A radio button, by a click on what is seen of it."""
        self.find(f'input[name="{name}"][value="{value}"] + span').click()

    def column(self, selector: str, column: int) -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map((row) => row.cells[arguments[1]].innerText)"
        return self.js(script, f"{selector} tbody tr", column)  # type: ignore[no-any-return]

    def log(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser")]


@pytest.fixture(scope="module")
def site(toy_set: SurrogateSet, clockwork: SurrogateSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    results, leaderboards = played(tmp_path_factory.mktemp("world"), toy_set, clockwork)
    out = tmp_path_factory.mktemp("out") / "site with spaces & ümlaut"
    answer = harness_command("site", "--results", results, "--leaderboards", leaderboards, "--out", out)
    assert answer.code == 0, answer.err
    return out


@pytest.fixture(scope="module")
def browser(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(BROWSER)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    try:
        yield Browser(driver, site)
    finally:
        driver.quit()


@pytest.fixture(autouse=True)
def no_complaints(browser: Browser) -> Iterator[None]:
    """Nothing may have been written to the console, whatever a test does."""
    browser.log()
    yield
    assert browser.log() == []
    assert browser.js("return window.hacked") is None


def page_of(board: str, surrogates: str = "toy") -> str:
    return f"sets/{surrogates}/boards/{board.replace('/', '-')}.html"


FRONT = "sets/toy/index.html"
COMPARE = "sets/toy/compare.html"
KINDS = (
    "index.html", FRONT, page_of(SINGLE), page_of(FIDELITY), page_of(MULTI), page_of(SINGLE, "clockwork"),
    page_of("fashion_mnist/multi/ca"), "sets/toy/methods/index.html", "sets/toy/methods/hyperband.html", COMPARE,
    "sets/clockwork/methods/index.html", "sets/clockwork/compare.html",
)  # fmt: skip


FEW = ("index.html", page_of(MULTI), COMPARE)
"""Pages that the quick tests look at."""


@pytest.mark.parametrize(
    "page", [page if page in FEW else pytest.param(page, marks=pytest.mark.slow) for page in KINDS]
)
def test_every_kind_of_page_fits_a_phone_and_a_desk(browser: Browser, page: str) -> None:
    for size in (WIDE, PHONE, (320, 600)):
        browser.open(page, size)
        assert browser.js("return document.documentElement.scrollWidth") <= size[0]
        for table in browser.all("main .scroll"):
            assert browser.js("return arguments[0].getBoundingClientRect().right", table) <= size[0]


@pytest.mark.parametrize("page", KINDS)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_is_legible(browser: Browser, page: str, dark: bool) -> None:
    """Contrast of at least 4.5 (WCAG 2.1, AA) of every text with the background behind it."""
    browser.open(page, dark=dark)
    script = """
      const parse = (text) => text.match(/[\\d.]+/g).map(Number);
      const light = (rgb) => rgb.slice(0, 3).map((c) => c / 255)
        .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0);
      const behind = (element) => {
        for (let at = element; at; at = at.parentElement) {
          const color = parse(getComputedStyle(at).backgroundColor);
          if (color.length === 3 || color[3] > 0) return color;
        }
        return [255, 255, 255];
      };
      const low = new Set();
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.closest("svg")) continue;
        const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) low.add(`${ratio.toFixed(2)} ${walker.currentNode.data.trim().slice(0, 30)}`);
      }
      return [...low];
    """
    assert browser.js(script) == []


def test_the_theme_is_the_systems_until_the_button_is_used(browser: Browser) -> None:
    def paper() -> str:
        return str(browser.js("return getComputedStyle(document.body).backgroundColor"))

    browser.open(page_of(FIDELITY))
    light = paper()
    browser.open(page_of(FIDELITY), dark=True)
    dark = paper()
    assert light == "rgb(255, 255, 255)"
    assert dark != light
    lines = "return document.querySelector('#trajectory-plot').chart.series[1].stroke()"
    button = browser.find("#theme")
    assert (button.text, button.get_attribute("aria-label")) == ("Light", "Switch to the light theme")
    before = browser.js("return getComputedStyle(document.documentElement).getPropertyValue('--c0')")
    button.click()
    assert paper() == light
    assert browser.js("return getComputedStyle(document.documentElement).getPropertyValue('--c0')") != before
    assert browser.js(lines) in styles.PALETTE
    assert button.get_attribute("aria-label") == "Switch to the dark theme"
    browser.open(FRONT, dark=True)
    assert paper() == light  # remembered
    browser.find("#theme").click()
    assert paper() == dark
    browser.js("localStorage.clear()")


def test_a_table_is_sorted_by_its_headers(browser: Browser) -> None:
    browser.open(page_of(SINGLE, "clockwork"))
    head = browser.find("#ranking ~ .scroll th:nth-child(3)")
    names = browser.column("#ranking ~ .scroll table", 1)
    assert head.get_attribute("aria-sort") == "none"
    head.find_element(By.TAG_NAME, "button").click()
    rising = [float(text.split()[0]) for text in browser.column("#ranking ~ .scroll table", 2)[: len(names)]]
    ranked = rising[: len(browser.all("#ranking ~ .scroll:first-of-type tbody tr"))]
    assert ranked == sorted(ranked)
    assert head.get_attribute("aria-sort") == "ascending"
    head.find_element(By.TAG_NAME, "button").send_keys(Keys.ENTER)
    falling = [float(text.split()[0]) for text in browser.column("#ranking ~ .scroll:first-of-type table", 2)]
    assert head.get_attribute("aria-sort") == "descending"
    assert falling == sorted(falling, reverse=True)
    other = browser.find("#ranking ~ .scroll th:nth-child(2)")
    other.find_element(By.TAG_NAME, "button").click()
    assert head.get_attribute("aria-sort") == "none"
    by_name = browser.column("#ranking ~ .scroll:first-of-type table", 1)
    assert by_name == sorted(by_name, key=str.lower)


def test_the_front_page_sorts_within_an_objective_and_puts_gaps_last(browser: Browser) -> None:
    browser.open(FRONT)
    score = browser.find(".boards th:nth-child(5) button")
    for sign in (1, -1):
        score.click()
        cells = browser.column(".boards", 4)
        assert len(cells) == 24
        assert cells[4:] == ["–"] * 20
        numbers = [float(cell.split()[0]) for cell in cells[:4]]
        assert [n < 1 for n in numbers] == [True, True, False, False]
        assert [sign * n for n in numbers[:2]] == sorted(sign * n for n in numbers[:2])
        assert [sign * n for n in numbers[2:]] == sorted(sign * n for n in numbers[2:])
    browser.find(".boards th:nth-child(3) button").click()
    settings = browser.column(".boards", 2)
    assert settings[:6] == ["bb"] * 6
    assert settings[-6:] == ["multi-mf"] * 6


def chart(browser: Browser, expression: str, place: str = "trajectory-plot") -> Any:
    return browser.js(f"const u = document.querySelector('#{place}').chart; return {expression}")


def test_the_axes_of_the_plot(browser: Browser) -> None:
    browser.open(page_of(FIDELITY))
    assert chart(browser, "[u.scales.x.distr, u.scales.y.distr, u.scales.x.min, u.scales.x.max]") == [3, 3, 1, 100]
    browser.choose("x-scale", "linear")
    assert chart(browser, "[u.scales.x.distr, u.scales.y.distr, u.scales.x.min, u.scales.x.max]") == [1, 3, 0, 100]
    browser.choose("y-scale", "linear")
    assert chart(browser, "[u.scales.x.distr, u.scales.y.distr]") == [1, 1]
    assert chart(browser, "u.axes[0].label") == "Approx. full evaluations"
    browser.choose("axis", "evaluations")
    assert chart(browser, "u.axes[0].label") == "Evaluations"
    most = max(int(cell.replace(",", "")) for cell in browser.column("#ranking ~ .scroll table", 12)) / 10
    assert most <= chart(browser, "u.scales.x.max") <= most * 1.5
    browser.choose("x-scale", "log")
    assert chart(browser, "[u.scales.x.distr, u.scales.x.min]") == [3, 1]


def test_the_range_of_the_plot_is_that_of_the_lines(browser: Browser) -> None:
    browser.open(page_of(FIDELITY))
    low, high = chart(browser, "[u.scales.y.min, u.scales.y.max]")
    ends = [float(text.split()[0]) for text in browser.column(".legend", 2)]
    assert low < min(ends) <= max(ends) < high < 90


def test_the_views_count_differently(browser: Browser) -> None:
    browser.open(page_of(FIDELITY, "clockwork"))
    table = "#ranking ~ .scroll table"
    names = browser.column(table, 1)
    full, observed = (dict(zip(names, browser.column(table, k), strict=True)) for k in (2, 3))
    assert full != observed
    for view, expected in (("full", full), ("observed", observed)):
        browser.choose("view", view)
        assert dict(zip(browser.column(".legend", 1), browser.column(".legend", 2), strict=True)) == expected


def test_methods_are_toggled(browser: Browser) -> None:
    browser.open(page_of(FIDELITY))
    assert chart(browser, "u.series.length") == 1 + 2 * 3
    first = browser.find("#line-0")
    assert first.is_selected()
    first.click()
    assert chart(browser, "u.series.length") == 1 + 3
    browser.find("#show-none").click()
    assert chart(browser, "u.series.length") == 1
    assert not first.is_selected()
    browser.find("#show-all").click()
    assert chart(browser, "u.series.length") == 1 + 2 * 3
    browser.find('label[for="line-1"]').click()
    assert not browser.find("#line-1").is_selected()
    assert chart(browser, "u.series.length") == 1 + 3


def test_the_error_band(browser: Browser) -> None:
    browser.open(page_of(FIDELITY))
    assert chart(browser, "u.bands.length") == 2
    browser.find("#band").click()
    assert chart(browser, "(u.bands ?? []).length") == 0


def test_hovering_shows_the_method_and_its_value(browser: Browser) -> None:
    browser.open(page_of(FIDELITY))
    browser.choose("x-scale", "linear")
    value = chart(browser, "u.data[1][u.valToIdx(50)]")
    where = chart(browser, f"[u.valToPos(50, 'x'), u.valToPos({value}, 'y')]")
    browser.js(
        """
        const over = document.querySelector('#trajectory-plot .u-over');
        over.scrollIntoView({block: 'center'});
        const box = over.getBoundingClientRect();
        const at = {bubbles: true, clientX: box.left + arguments[0], clientY: box.top + arguments[1]};
        over.dispatchEvent(new MouseEvent('mouseenter', at));
        over.dispatchEvent(new MouseEvent('mousemove', at));
        return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())));
        """,
        *where,
    )
    name, rest = browser.find("#trajectory-plot .tip").text.split("\n", 1)
    line = len(browser.column(".legend", 1)) - 1  # drawn first, so it is the first series
    assert name == browser.column(".legend", 1)[line]
    assert rest.startswith(f"{value:.2f} ± ")
    assert rest.endswith("at 50 mean full evaluations")
    assert browser.column(".legend", 2)[line] in rest
    assert browser.find("#read-label").text == "Values at 50"


def test_values_can_be_read_with_the_keyboard(browser: Browser) -> None:
    browser.open(page_of(FIDELITY))
    end = browser.column(".legend", 2)
    assert browser.find("#reader-at").text == "100 mean full evaluations"
    slider = browser.find("#reader")
    slider.send_keys(Keys.HOME)
    assert browser.find("#reader-at").text == "1 mean full evaluations"
    assert slider.get_attribute("aria-valuetext") == "1 mean full evaluations"
    assert browser.column(".legend", 2) != end
    slider.send_keys(Keys.END)
    assert browser.column(".legend", 2) == end


def test_pareto_fronts(browser: Browser) -> None:
    browser.open(page_of(MULTI))
    assert chart(browser, "u.axes.map((axis) => axis.label)", "front-plot") == ["latency", "valid-acc"]
    half = chart(browser, "u.data", "front-plot")
    assert chart(browser, "u.scales.x.distr", "front-plot") == 3
    browser.choose("front-scale", "linear")
    assert chart(browser, "u.scales.x.distr", "front-plot") == 1
    browser.choose("level", "every seed")
    every = chart(browser, "u.data", "front-plot")
    browser.choose("level", "at least one seed")
    one = chart(browser, "u.data", "front-plot")

    def best(data: Any) -> float:
        found: float = max(y for line in data[1:] for y in line if y is not None)
        return found

    assert best(every) < best(half) < best(one)
    browser.find("#line-0").click()
    assert chart(browser, "u.series.length", "front-plot") == 2


def test_the_compare_view(browser: Browser) -> None:
    browser.open(COMPARE)
    first, second = Select(browser.find("#first")), Select(browser.find("#second"))
    assert [option.text for option in first.options] == ["hyperband", "local-search", "random-search"]
    first.select_by_visible_text("hyperband")
    second.select_by_visible_text("random-search")
    assert browser.column(".comparison", 0) == ["CIFAR-10, single, mf", "CIFAR-10, multi, mf"]
    assert browser.find("#head-first").text == "hyperband"
    assert browser.find("#verdict").text.startswith("2 shared leaderboards: hyperband is better on")
    difference = browser.column(".comparison", 3)
    scores = [[float(text.split()[0]) for text in browser.column(".comparison", k)] for k in (1, 2)]
    for a, b, d in zip(*scores, difference, strict=True):
        assert float(d.split()[0].replace("−", "-")) == pytest.approx(a - b, abs=0.02)
    assert all(0 < float(p) <= 1 for p in browser.column(".comparison", 4))
    assert browser.column(".comparison", 5) == ["10", "10"]
    p_values = browser.column(".comparison", 4)
    browser.find("#swap").click()
    assert browser.column(".comparison", 4) == p_values
    turned = [d.translate(str.maketrans("−+", "+−")) for d in difference]
    assert browser.column(".comparison", 3) == turned
    assert browser.js("return location.hash") == "#a=random-search&b=hyperband"
    browser.open(f"{COMPARE}#a=local-search&b=hyperband")
    assert browser.find("#verdict").text == "These two methods share no leaderboard."
    Select(browser.find("#second")).select_by_visible_text("local-search")
    assert browser.find("#verdict").text == "Choose two different methods."


def test_too_few_seeds_for_the_test_are_named(browser: Browser) -> None:
    browser.open("sets/clockwork/compare.html#a=short&b=random-search")
    [row] = browser.all(".comparison tbody tr")
    assert "the test needs 10 shared seeds" in row.text
    assert browser.column(".comparison", 5) == ["3"]


def test_a_hostile_name_is_text_everywhere(browser: Browser) -> None:
    browser.open("sets/clockwork/compare.html")
    options = [option.text for option in Select(browser.find("#first")).options]
    [hostile] = [text for text in options if "hacked" in text]
    Select(browser.find("#first")).select_by_visible_text(hostile)
    Select(browser.find("#second")).select_by_visible_text("better")
    assert browser.find("#head-first").text.startswith("</script><script>")
    browser.open(page_of(SINGLE, "clockwork"))
    assert any("</script>" in text for text in browser.column(".legend", 1))
    assert browser.all("main img") == []


@pytest.mark.parametrize("page", [FRONT, page_of(MULTI), COMPARE])
def test_everything_can_be_reached_with_the_keyboard_and_shows_the_focus(browser: Browser, page: str) -> None:
    browser.open(page)
    wanted = browser.js("""
      const able = [...document.querySelectorAll('a[href], button, select, input, summary, [tabindex="0"]')]
        .filter((one) => one.checkVisibility({visibilityProperty: true}) && (one.type !== 'radio' || one.checked));
      able.forEach((one, k) => { one.dataset.stop = k; });
      return able.length;
    """)
    reached, focus = set(), set()
    for _ in range(wanted + 5):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        stop, outline = browser.js("""
          const at = document.activeElement;
          const seen = at.type === 'radio' ? at.nextElementSibling : at;
          return [at.dataset.stop ?? null, getComputedStyle(seen).outlineStyle];
        """)
        if stop is not None:
            reached.add(int(stop))
            focus.add(outline)
    assert reached == set(range(wanted))
    assert focus == {"solid"}


def test_a_radio_group_answers_to_the_arrow_keys(browser: Browser) -> None:
    browser.open(page_of(FIDELITY))
    browser.find('input[name="x-scale"][value="log"]').send_keys(Keys.ARROW_RIGHT)
    assert chart(browser, "u.scales.x.distr") == 1


def test_skipping_to_the_content(browser: Browser) -> None:
    browser.open(FRONT)
    browser.driver.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.js("return document.activeElement.className") == "skip"
    assert browser.js("return document.activeElement.getBoundingClientRect().top") >= 0
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.js("return document.activeElement.id") == "main"


ROLES = {
    "button", "link", "checkbox", "radio", "slider", "combobox", "table", "image", "region", "navigation",
}  # fmt: skip
"""What a screen reader announces by its name, so that it must have one."""


@pytest.mark.parametrize("page", KINDS)
def test_a_screen_reader_is_told_what_everything_is(browser: Browser, page: str) -> None:
    """The tree that Chromium hands to assistive technology: names, captions, headings, headers of tables."""
    browser.open(page)
    nodes = [node for node in browser.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
             if not node["ignored"]]  # fmt: skip
    said = [(node["role"]["value"], str(node.get("name", {}).get("value", "")).strip()) for node in nodes]
    assert [(role, name) for role, name in said if role in ROLES and not name] == []
    roles = [role for role, _ in said]
    assert (roles.count("main"), roles.count("banner"), roles.count("contentinfo")) == (1, 1, 1)
    properties = [{p["name"]: p["value"].get("value") for p in node.get("properties", [])} for node in nodes]
    levels = [p["level"] for role, p in zip(roles, properties, strict=True) if role == "heading"]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), levels
    assert roles.count("columnheader") >= roles.count("table")
    assert roles.count("rowheader") >= roles.count("table") - roles.count("combobox")  # none are compared yet
    assert browser.js("return document.documentElement.lang") == "en"
    assert browser.js("return new Set([...document.querySelectorAll('[id]')].map((one) => one.id)).size") == len(
        browser.all("[id]")
    )
    assert browser.all("table:not(:has(> caption))") == []
    assert browser.all("thead th:not([scope]), tbody th:not([scope])") == []
    targets = browser.js("""
      const named = [...document.querySelectorAll('[aria-labelledby], [for]')];
      return named.map((one) => one.getAttribute('aria-labelledby') ?? one.getAttribute('for'));
    """)
    assert [target for target in targets if not browser.all(f"[id='{target}']")] == []


def test_what_changes_is_announced(browser: Browser) -> None:
    """Live regions: how many methods are in the plot, where its values are read, who is better."""
    browser.open(page_of(FIDELITY))
    shown = browser.find("#lines-shown")
    assert shown.get_attribute("role") == "status"
    assert shown.get_attribute("textContent") == "2 of 2 methods in the plot"
    browser.find("#line-0").click()
    assert shown.get_attribute("textContent") == "1 of 2 methods in the plot"
    browser.find("#show-none").click()
    assert shown.get_attribute("textContent") == "0 of 2 methods in the plot"
    slider = browser.find("#reader")
    slider.send_keys(Keys.HOME)
    assert slider.get_attribute("aria-valuetext") == browser.find("output#reader-at").text
    browser.open(COMPARE)
    assert browser.find("#verdict").get_attribute("role") == "status"


def test_the_scores_are_in_view_on_a_phone(browser: Browser) -> None:
    browser.open(FRONT, PHONE)
    edges = browser.js("""
      return [...document.querySelectorAll('.boards td:nth-child(5)')].map((cell) => cell.getBoundingClientRect().right)
    """)
    assert len(edges) == 24
    assert max(edges) <= PHONE[0]


def test_pages_are_there_without_scripts(browser: Browser) -> None:
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.driver.get((browser.site / page_of(FIDELITY)).as_uri())
        assert "need JavaScript" in browser.find("noscript").text
        assert browser.find("#ranking ~ .scroll table").is_displayed()
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.parametrize("page", ["index.html", page_of(MULTI)])
def test_a_page_is_ready_soon(browser: Browser, page: str) -> None:
    """Generously: what is promised for a laptop is measured by hand."""
    browser.open(page)
    assert browser.js("return performance.getEntriesByName('interactive')[0].startTime") < 5000


def test_the_links_between_pages(browser: Browser) -> None:
    browser.open("index.html")
    browser.find('nav[aria-label="Surrogate set"] a:not([aria-current])').click()
    assert browser.find("h1").text == "Leaderboards on toy"
    browser.find(".boards tbody a").click()
    assert browser.find("h1").text == "CIFAR-10 single, bb"
    browser.find("#ranking ~ .scroll a.method").click()
    assert browser.find("h1").text in ("local-search", "random-search")
    browser.find("a.button").click()
    assert browser.find("h1").text == "Compare two methods on toy"
    browser.find(".brand").click()
    assert browser.find("h1").text == "Leaderboards on toy"
