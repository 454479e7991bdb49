/** In the title of a skipped suite: the Debian packages it misses. Written by `describeWithServers` of test-servers. */
const marker = /\[skipped: needs ([a-z0-9, -]+)\]/;

/** Jest reporter: says at the end, in one block, which suites were skipped for want of which server. */
export default class SkippedSuitesReporter {
  #suitesByPackages = new Map();

  onTestResult(_test, { testResults }) {
    for (const { status, ancestorTitles } of testResults) {
      if (status !== "pending") continue;
      const title = ancestorTitles.find((each) => marker.test(each));
      if (title === undefined) continue;
      const packages = marker.exec(title)[1];
      const suites = this.#suitesByPackages.get(packages) ?? new Map();
      const name = title.replace(marker, "").trim();
      this.#suitesByPackages.set(packages, suites.set(name, (suites.get(name) ?? 0) + 1));
    }
  }

  onRunComplete() {
    if (this.#suitesByPackages.size === 0) return;
    const missing = new Set();
    const lines = ["", "SKIPPED, because this machine lacks a server that these suites need:"];
    for (const [packages, suites] of this.#suitesByPackages) {
      for (const name of packages.split(", ")) missing.add(name);
      for (const [suite, tests] of suites) lines.push(`  ${suite} (${tests} tests): needs ${packages}`);
    }
    lines.push(
      "To run them too:",
      `  sudo apt-get install -y --no-install-recommends ${[...missing].sort().join(" ")}`,
      "",
    );
    console.error(lines.join("\n"));
  }
}
