// Looks at every page of a folder in headless Chromium. Needs Node and Chromium, no
// packages: it speaks the DevTools protocol over a pipe.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const WIDE = { width: 1280, height: 900, deviceScaleFactor: 1, mobile: false };
const NARROW = { width: 390, height: 844, deviceScaleFactor: 2, mobile: true };
const FONT = "Latin Modern Math";
const PATIENCE = 30_000;
const SETTLE = 5_000;

// ---- The browser ------------------------------------------------------------------------

class Browser {
    constructor() {
        this.profile = mkdtempSync(join(tmpdir(), "gradbook-browser-"));
        const flags = [
            "--headless", "--disable-gpu", "--hide-scrollbars", "--mute-audio",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--disable-dev-shm-usage", "--remote-debugging-pipe",
            // Every name is unknown: the network is cut off.
            "--host-resolver-rules=MAP * ~NOTFOUND",
            `--user-data-dir=${this.profile}`,
        ];
        if (process.getuid?.() === 0) flags.push("--no-sandbox");
        const stdio = ["ignore", "ignore", "ignore", "pipe", "pipe"];
        this.process = spawn(process.env.CHROMIUM || "chromium", flags, { stdio });
        this.process.on("error", (error) => this.lost(error.message));
        this.process.on("exit", () => this.lost("the browser went away"));
        this.input = this.process.stdio[3];
        this.input.on("error", () => {});
        this.waiting = new Map();
        this.listeners = new Map();
        this.next = 1;
        let text = "";
        this.process.stdio[4].setEncoding("utf8").on("data", (piece) => {
            text += piece;
            const messages = text.split("\0");
            text = messages.pop();
            for (const message of messages) this.receive(JSON.parse(message));
        });
    }

    lost(why) {
        for (const { reject } of this.waiting.values()) reject(new Error(why));
        this.waiting.clear();
    }

    receive(message) {
        if (message.id) {
            const waiting = this.waiting.get(message.id);
            this.waiting.delete(message.id);
            if (message.error) waiting?.reject(new Error(message.error.message));
            else waiting?.resolve(message.result);
        } else {
            this.listeners.get(message.sessionId)?.(message.method, message.params);
        }
    }

    send(method, params = {}, sessionId = undefined) {
        const id = this.next++;
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => {
                this.waiting.delete(id);
                reject(new Error(`no answer to ${method}`));
            }, PATIENCE);
            const settled = (settle) => (value) => { clearTimeout(timer); settle(value); };
            this.waiting.set(id, { resolve: settled(resolve), reject: settled(reject) });
            this.input.write(JSON.stringify({ id, method, params, sessionId }) + "\0");
        });
    }

    async close() {
        const gone = new Promise((done) => this.process.once("exit", done));
        this.send("Browser.close").catch(() => {});
        await Promise.race([gone, new Promise((done) => setTimeout(done, 3000))]);
        this.process.kill("SIGKILL");
        rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
    }
}

// A tab that sees one page after another and writes down what goes wrong.
class Tab {
    static async open(browser, root) {
        const { targetId } = await browser.send("Target.createTarget", { url: "about:blank" });
        const attach = { targetId, flatten: true };
        const { sessionId } = await browser.send("Target.attachToTarget", attach);
        const tab = new Tab();
        Object.assign(tab, { browser, root, targetId, sessionId, faults: [], loads: [] });
        browser.listeners.set(sessionId, (method, params) => tab.hear(method, params));
        for (const domain of ["Page", "Runtime", "Network", "Log"]) {
            await tab.send(`${domain}.enable`);
        }
        // A page in front takes the keys even when another tab has the window.
        await tab.send("Emulation.setFocusEmulationEnabled", { enabled: true });
        await tab.send("Fetch.enable", { patterns: [{ urlPattern: "*" }] });
        return tab;
    }

    send(method, params) {
        return this.browser.send(method, params, this.sessionId);
    }

    close() {
        this.browser.listeners.delete(this.sessionId);
        return this.browser.send("Target.closeTarget", { targetId: this.targetId });
    }

    inside(url) {
        if (/^(data|blob|about):/.test(url)) return true;
        if (!url.startsWith("file://")) return false;
        const path = fileURLToPath(url.split(/[?#]/)[0]);
        return path === this.root || path.startsWith(this.root + sep);
    }

    hear(method, params) {
        switch (method) {
            case "Fetch.requestPaused": {
                const { requestId, request } = params;
                const fine = this.inside(request.url);
                if (!fine) this.faults.push(`request to the outside: ${request.url}`);
                const reason = { requestId, errorReason: "InternetDisconnected" };
                const answer = fine
                    ? this.send("Fetch.continueRequest", { requestId })
                    : this.send("Fetch.failRequest", reason);
                answer.catch(() => {});
                break;
            }
            case "Network.requestWillBeSent":
                this.requests?.set(params.requestId, params.request.url);
                break;
            case "Network.loadingFailed": {
                const url = this.requests?.get(params.requestId) ?? "?";
                if (!params.canceled && this.inside(url)) {
                    this.faults.push(`failed request: ${this.short(url)}`);
                }
                break;
            }
            case "Runtime.consoleAPICalled":
                if (params.type === "error" || params.type === "assert") {
                    const words = params.args.map((a) => a.value ?? a.description ?? "?");
                    this.faults.push(`console error: ${words.join(" ")}`);
                }
                break;
            case "Runtime.exceptionThrown": {
                const { text, exception } = params.exceptionDetails;
                const what = exception?.description?.split("\n")[0] ?? text;
                this.faults.push(`exception: ${what}`);
                break;
            }
            case "Log.entryAdded":
                // Failed requests are told above, with their address.
                if (params.entry.level === "error" && params.entry.source !== "network") {
                    this.faults.push(`console error: ${params.entry.text}`);
                }
                break;
            case "Page.loadEventFired":
                this.loads.splice(0).forEach((done) => done());
                break;
        }
    }

    short(url) {
        return url.startsWith("file://") ? relative(this.root, fileURLToPath(url)) : url;
    }

    async visit(file) {
        this.requests = new Map();
        const loaded = new Promise((done, fail) => {
            this.loads.push(done);
            setTimeout(() => fail(new Error(`${file} did not load`)), PATIENCE).unref();
        });
        loaded.catch(() => {});
        const url = pathToFileURL(file).href;
        const { errorText } = await this.send("Page.navigate", { url });
        if (errorText) throw new Error(`${file}: ${errorText}`);
        await loaded;
    }

    async ask(work, ...values) {
        const list = values.map((value) => JSON.stringify(value)).join(", ");
        const expression = `(${work})(${list})`;
        const how = { expression, awaitPromise: true, returnByValue: true };
        const { result, exceptionDetails } = await this.send("Runtime.evaluate", how);
        if (exceptionDetails) {
            throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        }
        return result.value;
    }

    async key(key, code) {
        for (const type of ["keyDown", "keyUp"]) {
            const event = { type, key, code: key, windowsVirtualKeyCode: code };
            await this.send("Input.dispatchKeyEvent", event);
        }
    }
}

// ---- What is asked inside a page -----------------------------------------------------------

// Links, ids and the layout of the maths.
const inspect = async (font) => {
    const faults = [];
    for (const details of document.querySelectorAll("details")) details.open = true;
    await document.fonts.ready;
    const formulas = [...document.querySelectorAll("math")];
    for (const math of formulas) {
        const box = math.getBoundingClientRect();
        const own = math.namespaceURI === "http://www.w3.org/1998/Math/MathML";
        if (!own || box.width < 1 || box.height < 1) {
            faults.push(`maths not laid out: ${math.textContent.slice(0, 40)}`);
        }
    }
    if (formulas.length > 0) {
        const faces = [...document.fonts].filter((face) => face.family.includes(font));
        if (!faces.some((face) => face.status === "loaded")) {
            faults.push(`the font ${font} is not loaded`);
        }
    }
    const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (words.nextNode()) {
        const { data, parentElement } = words.currentNode;
        if (parentElement.closest("code, pre, script, style, svg")) continue;
        const left = data.match(/\$\$|\\[a-zA-Z]{2,}|\{\{#/);
        if (left) faults.push(`source left in the page: ${data.trim().slice(0, 60)}`);
    }
    const seen = new Set();
    for (const { id } of document.querySelectorAll("[id]")) {
        if (seen.has(id)) faults.push(`id twice: ${id}`);
        seen.add(id);
    }
    for (const svg of document.querySelectorAll("main figure svg")) {
        if (!svg.getAttribute("aria-label")) faults.push("a figure without a text alternative");
    }
    const links = [...document.querySelectorAll("a[href]")].map((link) => link.href);
    return { faults, ids: [...seen], links };
};

// What sticks out at the side.
const overflow = () => {
    const limit = document.documentElement.clientWidth;
    const boxes = [document.documentElement, document.body,
        ...document.querySelectorAll("#mdbook-content, main")];
    if (boxes.every((box) => box.scrollWidth <= Math.max(box.clientWidth, limit) + 1
        && box.scrollWidth <= limit + 1)) return [];
    const scrolls = (element) => {
        for (let box = element.parentElement; box && box !== document.body; box = box.parentElement) {
            if (box.id === "mdbook-content" || box.tagName === "MAIN") return false;
            if (/auto|scroll|hidden/.test(getComputedStyle(box).overflowX)) return true;
        }
        return false;
    };
    const wide = [...document.body.querySelectorAll("*")].filter((element) =>
        element.getBoundingClientRect().right > limit + 1 && !scrolls(element));
    const name = (e) => `<${e.localName} class="${e.getAttribute("class") ?? ""}">`
        + ` ${e.textContent.trim().replace(/\s+/g, " ").slice(0, 40)}`;
    const innermost = wide.filter((e) => !wide.some((other) => other !== e && e.contains(other)));
    return [`the page scrolls sideways: ${innermost.slice(0, 3).map(name).join("; ") || "?"}`];
};

// Figures with frames: one is visible, and which one.
const frames = () => [...document.querySelectorAll("figure.frames")].map((figure) => {
    const all = [...figure.querySelectorAll("g.frame")];
    const shown = all.filter((frame) => frame.getBoundingClientRect().width > 0
        && getComputedStyle(frame).display !== "none");
    const slider = figure.querySelector("input[type=range]");
    return {
        id: figure.id,
        count: all.length,
        shown: shown.length,
        at: all.indexOf(shown[0]),
        slider: (slider?.getBoundingClientRect().width ?? 0) > 0,
    };
});

// Figures with a program, when scripts are off: the still picture is there.
const stills = () => [...document.querySelectorAll("figure.live")]
    .filter((figure) => ![...figure.querySelectorAll("svg")]
        .some((svg) => svg.getBoundingClientRect().width > 0))
    .map((figure) => `no still picture without scripts: ${figure.id}`);

// Figures with a program: something is drawn, the buttons move it, and so does every
// control that says it redraws, by mouse or by keyboard, to the ends of its range.
const live = async () => {
    const faults = [];
    const wait = (time) => new Promise((done) => setTimeout(done, time));
    for (const figure of document.querySelectorAll("figure.live")) {
        const canvases = [...figure.querySelectorAll("canvas")];
        const pixels = (canvas) => {
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            return new Uint32Array(data.buffer);
        };
        // What the pictures look like, as one number.
        const look = () => canvases.reduce((sum, canvas) => pixels(canvas)
            .reduce((all, pixel) => (Math.imul(all, 31) + pixel) | 0, sum), 7);
        const moves = async (act) => {
            const before = look();
            act();
            for (let tries = 0; tries < 40; tries += 1) {
                if (look() !== before) return true;
                await wait(25);
            }
            return false;
        };
        const ready = () => figure.querySelector("[data-ready]");
        for (let tries = 0; figure.querySelector(".live") && !ready() && tries < 100; tries += 1) {
            await wait(50);
        }
        const before = look();
        let moved = false;
        for (const button of figure.querySelectorAll("button")) {
            button.click();
            await wait(150);
            moved ||= look() !== before;
        }
        if (canvases.length > 0 && !moved) faults.push(`does not move: ${figure.id}`);
        const mixed = (canvas) => pixels(canvas).some((pixel, _, all) => pixel !== all[0]);
        const steps = () => {
            for (let times = 0; times < 3; times += 1) figure.querySelector("[name=step]")?.click();
        };
        steps();
        for (const control of figure.querySelectorAll("[data-redraws]")) {
            const name = control.getAttribute("name") ?? control.getAttribute("aria-label");
            const check = async (what, act) => {
                if (!await moves(act)) faults.push(`${figure.id}: ${name} ${what} changes nothing`);
            };
            const put = (value) => () => {
                control.value = value;
                control.dispatchEvent(new Event("input", { bubbles: true }));
                control.dispatchEvent(new Event("change", { bubbles: true }));
            };
            const key = (key) => () => control.dispatchEvent(
                new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
            if (control.localName === "select") {
                const chosen = control.value;
                const others = [...control.options].filter((option) => option.value !== chosen);
                for (const { value } of [...others, { value: chosen }]) {
                    await check(`at ${value}`, put(value));
                    steps();
                }
            } else if (control.type === "checkbox") {
                await check("once", () => control.click());
                await check("twice", () => control.click());
                if (!control.checked) control.click();
            } else if (control.type === "range") {
                const chosen = control.value;
                for (const value of [control.min, control.max, chosen]) {
                    if (value !== control.value) await check(`at ${value}`, put(value));
                }
            } else {
                if (control.tabIndex !== 0) {
                    faults.push(`${figure.id}: the keyboard cannot reach ${name}`);
                }
                for (const arrow of ["ArrowRight", "ArrowUp", "Home"]) {
                    await check(arrow, key(arrow));
                }
            }
        }
        if (canvases.length > 0 && !canvases.some(mixed)) faults.push(`nothing drawn: ${figure.id}`);
        if (figure.querySelector(".live-status")?.textContent.trim() === "") {
            faults.push(`no words beside the picture: ${figure.id}`);
        }
    }
    return faults;
};

// The search box finds a word without any server.
const search = async () => {
    const toggle = document.getElementById("mdbook-search-toggle");
    if (!toggle) return [];
    toggle.click();
    const bar = document.getElementById("mdbook-searchbar");
    for (let tries = 0; bar && tries < 50; tries += 1) {
        bar.value = "gradient";
        bar.dispatchEvent(new Event("input", { bubbles: true }));
        await new Promise((done) => setTimeout(done, 100));
        if (document.querySelector("#mdbook-searchresults li")) return [];
    }
    return ["the search finds nothing"];
};

// ---- One page, in every way -----------------------------------------------------------------

async function look(browser, root, file) {
    const faults = new Set();
    let ids = [];
    let links = [];
    for (const scheme of ["light", "dark"]) {
        const tab = await Tab.open(browser, root);
        const note = (list) => list.forEach((fault) => faults.add(`${scheme}: ${fault}`));
        const features = [{ name: "prefers-color-scheme", value: scheme }];
        await tab.send("Emulation.setEmulatedMedia", { features });
        await tab.send("Emulation.setDeviceMetricsOverride", WIDE);
        await tab.visit(file);
        const seen = await tab.ask(inspect, FONT);
        note(seen.faults);
        ids = seen.ids;
        links = seen.links;
        note(await checkFrames(tab));
        note(await tab.ask(live));
        if (file.endsWith(`${sep}index.html`)) note(await tab.ask(search));
        note((await tab.ask(overflow)).map((fault) => `1280 px: ${fault}`));
        await tab.send("Emulation.setDeviceMetricsOverride", NARROW);
        await tab.visit(file);
        await tab.ask(inspect, FONT);
        note((await tab.ask(overflow)).map((fault) => `390 px: ${fault}`));
        const moved = await tab.ask(live);
        note([...moved, ...await tab.ask(overflow)].map((fault) => `390 px: ${fault}`));
        if (scheme === "light") {
            await tab.send("Emulation.setScriptExecutionDisabled", { value: true });
            await tab.visit(file);
            const without = await tab.ask(frames);
            note(without.filter((f) => f.shown !== 1 || f.at !== f.count - 1)
                .map((f) => `without scripts ${f.id} does not show its last frame`));
            note(await tab.ask(stills));
        }
        note(tab.faults);
        await tab.close();
    }
    return { faults: [...faults], ids, links };
}

// Whether a figure comes to show this frame. The browser may take a key's effect some time
// after it took the key: on a slow machine and a long page, seconds.
async function settles(tab, id, expected) {
    for (const end = Date.now() + SETTLE; ; ) {
        const now = (await tab.ask(frames)).find((figure) => figure.id === id);
        if (now?.at === expected) return true;
        if (Date.now() > end) return false;
        await new Promise((done) => setTimeout(done, 50));
    }
}

// A slider moves with the keyboard, and the page stays where it is.
async function checkFrames(tab) {
    const faults = [];
    const before = await tab.ask(() => location.href);
    for (const { id, shown, slider } of await tab.ask(frames)) {
        if (shown !== 1) faults.push(`${id} shows ${shown} frames`);
        if (!slider) {
            faults.push(`${id} has no slider`);
            continue;
        }
        await tab.ask((id) => document.querySelector(`#${id} input`).focus(), id);
        for (const [key, code, expected] of [["Home", 36, 0], ["ArrowRight", 39, 1]]) {
            await tab.key(key, code);
            if (!await settles(tab, id, expected)) {
                faults.push(`${id} does not follow the keyboard`);
            }
        }
    }
    if (await tab.ask(() => location.href) !== before) faults.push("a slider left the page");
    return faults;
}

function pages(folder) {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) return pages(path);
        return entry.name.endsWith(".html") ? [path] : [];
    }).sort();
}

// All faults of all pages below a folder, as lines.
async function lookAll(browser, folder) {
    const seen = new Map();
    for (const file of pages(folder)) {
        seen.set(file, await look(browser, folder, file));
    }
    const lines = [];
    for (const [file, page] of seen) {
        const name = relative(folder, file);
        page.faults.forEach((fault) => lines.push(`${name}: ${fault}`));
        for (const link of new Set(page.links)) {
            if (!link.startsWith("file://")) continue;
            const [address, anchor] = link.split("#");
            const target = fileURLToPath(address.split("?")[0]);
            const known = seen.get(target);
            if (!existsSync(target)) {
                lines.push(`${name}: broken link: ${relative(folder, target)}`);
            } else if (anchor && !known?.ids.includes(decodeURIComponent(anchor))) {
                lines.push(`${name}: broken anchor: ${relative(folder, target)}#${anchor}`);
            }
        }
    }
    return lines;
}

// ---- The faults on purpose --------------------------------------------------------------------

const MATH = "<math><msup><mi>x</mi><mn>2</mn></msup></math>";
const FACE = `<style>@font-face { font-family: "${FONT}"; src: url("font.woff2"); }
    math { font-family: "${FONT}"; }</style>`;
const FRAME = (shown) => `<svg aria-label="a" width="50" height="50" viewBox="0 0 9 9">
    <g class="frame" style="display:none"><path d="M0 0H9V9"/></g>
    <g class="frame" style="display:${shown}"><path d="M0 0H9V9"/></g></svg>`;

const DRAWING = `<canvas width="90" height="9"></canvas><script>
    let at = 0;
    const draw = () => document.querySelector("canvas").getContext("2d").fillRect(at++, 0, 1, 9);
    draw();</script>`;

const BROKEN = {
    "nothing is wrong": [`<h1 id="top">Fine</h1>${FACE}${MATH}<a href="#top">up</a>
        <div style="overflow-x: auto"><div style="width: 900px">wide in its box</div></div>`],
    "a picture is missing": ['<img src="nowhere.png">', "failed request: nowhere.png"],
    "a script from outside": ['<script src="https://example.org/x.js"></script>',
        "request to the outside: https://example.org/x.js"],
    "a script that asks outside": ['<script>fetch("https://example.org/y").catch(() => {})</script>',
        "request to the outside: https://example.org/y"],
    "a file outside the folder": ['<img src="../../secret.png">', "request to the outside"],
    "a console error": ['<script>console.error("oh", 7)</script>', "console error: oh 7"],
    "an exception": ["<script>null.x</script>", "exception: TypeError"],
    "a link to no page": ['<a href="nowhere.html">x</a>', "broken link: nowhere.html"],
    "a link to no anchor": ['<a href="#nowhere">x</a>', "broken anchor"],
    "maths that is hidden": [`${FACE}${MATH}<math style="display:none"><mi>y</mi></math>`,
        "maths not laid out"],
    "maths in the wrong namespace": [`${FACE}${MATH}<script>
        document.body.append(document.createElement("math"))</script>`, "maths not laid out"],
    "the maths font is missing": [MATH, `the font ${FONT} is not loaded`],
    "a formula left as it was": ["<p>$$\\frac{1}{2}$$</p>", "source left in the page"],
    "a directive left as it was": ["<p>{{#value x int}}</p>", "source left in the page"],
    "a page wider than the screen": ['<div style="width: 900px">wide</div>',
        "390 px: the page scrolls sideways"],
    "a content box that scrolls": [`<div id="mdbook-content" style="overflow: auto"><main>
        <pre style="width: 900px">wide</pre></main></div>`, "390 px: the page scrolls sideways"],
    "an id twice": ['<p id="a"></p><p id="a"></p>', "id twice: a"],
    "a figure for the eye only": ["<main><figure><svg></svg></figure></main>",
        "a figure without a text alternative"],
    "frames without a slider": [`<figure class="frames" id="f">${FRAME("inline")}</figure>`,
        "f has no slider"],
    "frames that do not move": [`<figure class="frames" id="f">${FRAME("inline")}
        <input type="range" max="1" value="1"></figure>`, "f does not follow the keyboard"],
    "no frame without scripts": [`<figure class="frames" id="f">${FRAME("none")}</figure>`,
        "without scripts f does not show its last frame"],
    "a program without a still": ['<figure class="live" id="l"><canvas></canvas></figure>',
        "no still picture without scripts: l"],
    "a program that draws nothing": ['<figure class="live" id="l"><canvas></canvas></figure>',
        "nothing drawn: l"],
    "a program that does not move": [`<figure class="live" id="l"><svg width="9" height="9"
        aria-label="a"></svg>${DRAWING}<button>b</button></figure>`, "does not move: l"],
    "a program that moves": [`<figure class="live" id="l"><svg width="9" height="9"
        aria-label="a"></svg>${DRAWING}<button onclick="draw()">b</button>
        <input name="i" type="range" data-redraws oninput="draw()"></figure>`],
    "a control that changes nothing": [`<figure class="live" id="l">${DRAWING}
        <button onclick="draw()">b</button><input name="i" type="checkbox" data-redraws>
        </figure>`, "l: i once changes nothing"],
    "a picture that no key reaches": [`<figure class="live" id="l">${DRAWING}
        <button onclick="draw()">b</button><p name="i" data-redraws onkeydown="draw()"></p>
        </figure>`, "l: the keyboard cannot reach i"],
    "a program without words": [`<figure class="live" id="l">${DRAWING}
        <button onclick="draw()">b</button><p class="live-status"></p></figure>`,
        "no words beside the picture: l"],
    "a search without an index": ['<button id="mdbook-search-toggle">s</button>'
        + '<input id="mdbook-searchbar"><ul id="mdbook-searchresults"></ul>',
        "the search finds nothing"],
    "a fault in the dark only": [`<script>if (matchMedia("(prefers-color-scheme: dark)").matches)
        console.error("dark")</script>`, "dark: console error: dark"],
};

async function selfTest(browser) {
    const folder = mkdtempSync(join(tmpdir(), "gradbook-broken-"));
    const font = readdirSync("book/theme/fonts").find((name) => name.endsWith(".woff2"));
    const { copyFileSync } = await import("node:fs");
    let missed = 0;
    for (const [what, [body, expected]] of Object.entries(BROKEN)) {
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(folder);
        copyFileSync(join("book/theme/fonts", font), join(folder, "font.woff2"));
        const head = '<meta name="viewport" content="width=device-width, initial-scale=1">';
        const page = `<!DOCTYPE html><html><head><meta charset="utf-8">${head}</head>`;
        writeFileSync(join(folder, "index.html"), `${page}<body>${body}</body></html>`);
        const lines = await lookAll(browser, folder);
        const seen = expected ? lines.some((l) => l.includes(expected)) : lines.length === 0;
        if (!seen) {
            missed += 1;
            console.error(`not seen: ${what}`);
            lines.forEach((line) => console.error(`    ${line}`));
        }
    }
    rmSync(folder, { recursive: true, force: true });
    const total = Object.keys(BROKEN).length;
    console.log(`browser self-test: ${total - missed} of ${total} pages judged rightly`);
    return missed === 0;
}

// ---- Main ---------------------------------------------------------------------------------------

const argument = process.argv[2];
if (!argument) {
    console.error("usage: node .ci/browser.mjs FOLDER | --self-test");
    process.exit(2);
}
const browser = new Browser();
let fine = false;
try {
    if (argument === "--self-test") {
        fine = await selfTest(browser);
    } else {
        const folder = resolve(argument);
        if (pages(folder).length === 0) throw new Error(`no pages in ${argument}`);
        const lines = await lookAll(browser, folder);
        lines.forEach((line) => console.error(line));
        console.log(`${pages(folder).length} pages, ${lines.length} faults`);
        fine = lines.length === 0;
    }
} catch (error) {
    console.error(`error: ${error.message}`);
} finally {
    await browser.close();
}
process.exit(fine ? 0 : 1);
