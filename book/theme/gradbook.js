// Figures that the reader can move. Without this script the last frame stands still.
"use strict";
(() => {
    // The arrow keys move a slider, not to the next chapter.
    for (const box of document.querySelectorAll(".frames-controls, .live-box")) {
        box.addEventListener("keydown", (event) => event.stopPropagation());
    }

    for (const figure of document.querySelectorAll("figure.frames")) {
        const frames = figure.querySelectorAll("g.frame");
        const controls = figure.querySelector(".frames-controls");
        const slider = controls.querySelector("input");
        const label = controls.querySelector("output");
        const play = controls.querySelector("button");
        let timer = null;

        const show = (index) => {
            frames.forEach((frame, i) => frame.classList.toggle("on", i === index));
            const text = frames[index].dataset.label;
            label.textContent = text;
            slider.value = index;
            slider.setAttribute("aria-valuetext", text);
        };

        const stop = () => {
            clearInterval(timer);
            timer = null;
            play.textContent = "Play";
            play.setAttribute("aria-label", "Play");
        };

        const start = () => {
            const last = frames.length - 1;
            if (Number(slider.value) === last) show(0);
            play.textContent = "Stop";
            play.setAttribute("aria-label", "Stop");
            timer = setInterval(() => {
                const next = Number(slider.value) + 1;
                show(next);
                if (next === last) stop();
            }, Math.max(120, Math.min(700, 8000 / frames.length)));
        };

        slider.addEventListener("input", () => {
            stop();
            show(Number(slider.value));
        });
        play.addEventListener("click", () => (timer === null ? start() : stop()));
        show(frames.length - 1);
        controls.hidden = false;
    }

    // What scrolls inside its own box can be reached with the keyboard.
    const boxes = ".figure-box, .table-wrapper, .math-block, .live-box, pre > code";
    const reachable = () => {
        for (const box of document.querySelectorAll(boxes)) {
            if (box.scrollWidth > box.clientWidth + 1) {
                box.tabIndex = 0;
            } else {
                box.removeAttribute("tabindex");
            }
        }
    };
    addEventListener("load", reachable);
    addEventListener("resize", reachable);
})();
