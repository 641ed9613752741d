// looks.mjs - a part of `pages`: what is looked at before and after: the review as one screen, a negotiation
//
// The doubles keep no offers and touch no SAs, so answers of theirs are completed here in the
// contract's shapes; the gateway's own answers are seen by `gateway` and tests/changes.

export const REPLAY = {
	negotiation: 1,
	peer: "hub",
	tunnel: null,
	phase: 1,
	offered_at: "2026-01-02T03:04:05Z",
	revision: 7,
	knowable: true,
	matches: false,
	would_match: null,
	number: null,
	peer_transform: null,
	reason: "no-proposal-chosen",
	field: "dh_group",
	text: "Refused: the peer offers group 14, strong wants group 19",
	proposals: [
		{
			proposal: "strong",
			tunnel: null,
			number: 10,
			matches: false,
			peer_transform: null,
			field: "dh_group",
			text: "19 here, 14 there",
		},
		{ proposal: "old", tunnel: null, number: 20, matches: true, peer_transform: 2, field: null, text: null },
	],
};

const IMPACT = {
	ike_sas: [{ id: 4, peer: "hub", reason: "ike_proposals" }],
	child_sas: [{ id: 9, peer: "hub", tunnel: "hub-lan", reason: "ike_proposals", bytes_last_minute: 1234567 }],
	unaffected_ike_sas: 3,
};

// Answers of `pattern` with what `more` makes of them, while f runs.
async function answering(page, pattern, more, f) {
	await page.route(pattern, async (route) => {
		const response = await route.fetch();
		const json = await response.json();
		await route.fulfill({ response, json: more(json) });
	});
	try {
		await f();
	} finally {
		await page.unroute(pattern);
	}
}

export async function reviewed({ step, checks, b, page, ui }) {
	const completed = (said) => ({
		...said,
		impact: IMPACT,
		replay: REPLAY,
		warnings: [
			{ pointer: "/ike_proposals", rule: "ike_proposal.weak", message: "old is weak", hint: "Take another." },
		],
	});
	const pane = (name) => ui.dialog().getByRole("region", { name });

	await step("the review is one screen of three panes", () =>
		answering(page, /\/peers\/hub\?dry_run=true/, completed, async () => {
			await ui.go("#/peers/hub", "hub");
			await ui.set({ description: "looked at" });
			await ui.review();
			await pane("Difference").getByText("looked at").waitFor();
			checks.has(await pane("SAs and their traffic").innerText(), "1.2 MB", "traffic of the last minute");
			const said = await pane("Checks").innerText();
			checks.has(said, "old is weak", "the warning");
			checks.has(said, "needs allow_weak in the record", "the rule's sentence");
			checks.has(said, "would be refused", "the replay's outcome");
			checks.has(said, "group 14, strong wants", "the replay's sentence");
			checks.has(said, "matches transform 2", "a proposal by itself");
			const tops = await Promise.all(
				["Difference", "SAs and their traffic", "Checks"].map(async (n) => (await pane(n).boundingBox()).y),
			);
			checks.is(new Set(tops.map(Math.round)).size, 1, "panes side by side");
			await b.shoot(page, "review-panes");
			await b.narrow(page, "review-panes");
			await ui.press("Back");
			await page.getByRole("button", { name: "Undo edits" }).click();
		}),
	);
}

const STORY = {
	verdict: "failed",
	reason: "no-proposal-chosen",
	side: "local",
	field: "dh_group",
	text: "No proposal of the peer is accepted here",
	hint: "Let both ends take the same group.",
	ours: ["aes-cbc-256/sha256/ecp256/psk", "3des-cbc/md5/modp768/psk"],
	theirs: ["aes-cbc-256/sha256/modp2048/psk"],
	steps: [
		{ at: "2026-01-02T03:04:05.010Z", direction: "received", text: "a proposal came" },
		{ at: "2026-01-02T03:04:05.020Z", direction: "within", text: "held against two proposals of ours" },
		{ at: "2026-01-02T03:04:05.030Z", direction: "sent", text: "told the peer that no proposal was chosen" },
	],
	started_at: "2026-01-02T03:04:05Z",
};

// The page of a negotiation is open.
export async function negotiation({ step, checks, b, page, ui }) {
	await step("a negotiation: ladder, first difference, replay", async () => {
		await answering(
			page,
			/\/negotiations\/\d+$/,
			(said) => ({ ...said, ...STORY }),
			async () => {
				await page.reload();
				await page.getByText("Let both ends take the same group.").waitFor();
			},
		);
		const rungs = page.locator("section.ladder").getByRole("listitem");
		checks.is(await rungs.count(), 3, "steps");
		checks.has(await rungs.nth(0).textContent(), "The peer to us: a proposal came", "a step for who listens");
		checks.has(await rungs.nth(2).textContent(), "We to the peer: told the peer", "the way back");
		checks.is(
			(await page.locator(".offer mark").allInnerTexts()).join(" "),
			"ecp256 modp2048",
			"the first attribute that differs, in both",
		);
		checks.has(await page.locator(".difference").innerText(), "ecp256 here, modp2048 there", "and in words");
		await answering(
			page,
			/\/negotiations\/\d+\/replay/,
			() => REPLAY,
			async () => {
				await page.getByRole("button", { name: "Replay against the present configuration" }).click();
				await page.getByText("group 14, strong wants group 19").waitFor();
			},
		);
		await b.shoot(page, "story-ladder");
		await b.narrow(page, "story-ladder");
		const told = await page.evaluate(() => document.activeElement.textContent);
		checks.has(told, "Replay", "the focus stays");
	});

	await step("a replay of what was never offered", async () => {
		await page.getByRole("button", { name: "Replay against the present configuration" }).click();
		await page.locator(".replay, .again .refusal").first().waitFor();
	});
}
