package e2e

// What a page is asked about itself. Each script answers with its faults, in words.

// jump says what has moved since the page was drawn first, once it has settled; "" for
// nothing that one would notice.
const jump = `(async () => {
	let sum = 0;
	const moved = new Set();
	const add = list => {
		for (const e of list) {
			sum += e.value;
			for (const { node } of e.sources) if (node) moved.add((node.parentElement?.closest("[id]")?.id ?? "") + " " + node.nodeName + "." + (node.className ?? ""));
		}
	};
	const observer = new PerformanceObserver(list => add(list.getEntries()));
	observer.observe({type: "layout-shift", buffered: true});
	await document.fonts.ready;
	await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))));
	add(observer.takeRecords());
	return sum < 0.02 ? "" : "the page jumps by " + sum.toFixed(3) + ": " + [...moved].join(", ");
})()`

// layoutFaults says what is wrong with the page's layout.
const layoutFaults = `(() => {
	const faults = [], root = document.documentElement;
	const name = e => e.localName + (e.id && "#" + e.id) + [...e.classList].map(c => "." + c).join("");

	const mains = document.querySelectorAll("h1").length;
	if (mains !== 1) faults.push(mains + " main headings");
	if (root.scrollWidth > root.clientWidth) faults.push("scrolls sideways: " + root.scrollWidth + " px in " + root.clientWidth);

	const cut = new Set();
	for (const e of document.body.querySelectorAll("*")) {
		const box = e.getBoundingClientRect();
		if (!e.checkVisibility() || box.width === 0 || e.closest(".unseen, .skip, .cut")) continue;
		for (let around = e.parentElement; around; around = around.parentElement) {
			const how = getComputedStyle(around).overflowX;
			if (how === "visible") continue;
			if (getComputedStyle(around).clipPath !== "none") break; // kept out of sight on purpose
			if ((how === "hidden" || how === "clip") && box.right > around.getBoundingClientRect().right + 1) cut.add(name(e) + " in " + name(around));
			break;
		}
	}
	for (const what of [...cut].slice(0, 5)) faults.push("cut off: " + what);
	return faults;
})()`

// axeFaults are what axe-core finds against WCAG 2.2, levels A and AA, with the contrast of
// text or without. It leaves out the words of code, of which there are hundreds: they are for
// contrastFaults.
// What sticks to the lower edge covers what others scroll past it, so each is looked at where
// it lies at rest.
const axeFaults = `document.querySelector(".strip")?.parentElement.scrollIntoView({block: "end"}), axe.run({exclude: ["pre.chroma code"]}, {
	runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}, resultTypes: ["violations"],
	rules: {"color-contrast": {enabled: %s}},
	preload: false, // of style sheets, for rules that are not among these
}).then(found => found.violations.map(v => v.id + ": " + v.help + ": " +
	v.nodes.slice(0, 3).map(n => n.target.join(" ") + " (" + (n.any[0]?.message ?? "") + ")").join("; ")))`

// contrastFaults are words of code, and parts of charts, that do not stand out from what is
// behind them: 4.5 to 1 for text and 3 to 1 for shapes (WCAG 1.4.3 and 1.4.11).
const contrastFaults = `(() => {
	const faults = new Set();
	const light = colour => {
		const [r, g, b] = (colour.match(/[\d.]+/g) ?? [NaN]).map(Number).map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
	const behind = e => {
		for (; e; e = e.parentElement) {
			const colour = getComputedStyle(e).backgroundColor;
			if (!/, 0\)$/.test(colour)) return colour;
		}
		return "rgb(255, 255, 255)";
	};
	const hold = (what, front, back, least) => { if (!(ratio(front, back) >= least)) faults.add(what + ": " + front + " on " + back + " is " + ratio(front, back).toFixed(2) + " to 1"); };
	const seen = new Set();
	for (const word of document.querySelectorAll("pre.chroma code span")) {
		const kind = word.className + " in " + word.closest("pre").parentElement.className;
		if (!seen.has(kind)) hold("code ." + kind, getComputedStyle(word).color, behind(word), 4.5);
		seen.add(kind);
	}
	for (const chart of document.querySelectorAll("svg.chart")) {
		const paper = behind(chart), track = getComputedStyle(chart.querySelector(".track")).fill;
		for (const e of chart.querySelectorAll("text")) hold("chart text ." + e.getAttribute("class"), getComputedStyle(e).fill, paper, 4.5);
		for (const e of chart.querySelectorAll(".bar")) {
			const bar = getComputedStyle(e).fill;
			hold("bar on its track", bar, track, 3);
			const range = e.nextElementSibling?.matches(".range") && e.nextElementSibling.querySelector("rect");
			if (!range) continue;
			const { fill, stroke } = getComputedStyle(range);
			hold("range in its rim", fill, stroke, 3);
			hold("range on its track", fill, track, 3);
			hold("rim on its bar", stroke, bar, 3);
		}
	}
	return [...faults];
})()`

// focusFaults are places where the focus of a keyboard cannot be seen. It is seen by an outline
// of the element itself, of the label around it, or of what stands for it.
const focusFaults = `(() => {
	const faults = [];
	const outlined = (e, part) => {
		if (!e) return false;
		const s = getComputedStyle(e, part);
		return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0;
	};
	for (const e of document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")) {
		if (!e.checkVisibility({visibilityProperty: true}) || e.disabled) continue;
		e.focus({preventScroll: true});
		if (document.activeElement !== e) faults.push("takes no focus: " + e.outerHTML.match(/<[^>]*>/)[0]);
		else if (!outlined(e) && !outlined(e, "::after") && !outlined(e.closest("label")) && !(e.matches(".tabs input") && outlined(e.nextElementSibling)))
			faults.push("the focus cannot be seen on " + e.outerHTML.match(/<[^>]*>/)[0]);
	}
	return faults.slice(0, 5);
})()`
