"""What the page makes of Slack's markup, checked in the browser that shows it."""

import pytest

from tests.browser.walking import Visit

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FOREIGN = 'target="_blank" rel="noopener noreferrer"'
MRKDWN = [
    ("*bold* and _so_ ~on~", "<strong>bold</strong> and <em>so</em> <s>on</s>"),
    ("2 * 3 * 4, snake_case_name", "2 * 3 * 4, snake_case_name"),
    ("*_both_*", "<strong><em>both</em></strong>"),
    ("`*raw* &lt;b&gt;`", "<code>*raw* &lt;b&gt;</code>"),
    ("```a\n *b*```", "<pre>a\n *b*</pre>"),
    ("&gt; said\nthen", "<blockquote>said</blockquote>then"),
    ("<script>alert(1)</script>", "<span>script</span>alert(1)<span>/script</span>"),
    ("<javascript:alert(1)|here>", "<span>here</span>"),
    (":no_such_name: 10:30:00", ":no_such_name: 10:30:00"),
    ("<!date^x^{date}|then>", '<time title="then">then</time>'),
    ("<@U0ANA>", '<span class="mention mention-me" data-user="U0ANA">@Ana Souza</span>'),
    ("<!subteam^S0OPS>", '<span class="mention">@migrations-ops</span>'),
    ("<!subteam^S0GONE|@gone>", '<span class="mention">@gone</span>'),
    ("<https://x.io|https://x.io>", f'<a href="https://x.io" {FOREIGN}>https://x.io</a>'),
    ("see https://x.io.", f'see <a href="https://x.io" {FOREIGN}>https://x.io</a>.'),
    ("<!channel>", '<span class="mention mention-me">@channel</span>'),
    (
        "<https://x.io/?a=1&amp;b=2|*x*>",
        f'<a href="https://x.io/?a=1&amp;b=2" {FOREIGN}><strong>x</strong></a>',
    ),
]


async def test_mrkdwn_is_read_as_slack_reads_it(page_of: Visit) -> None:
    """Marks need their borders, code holds no marks, and no text can become markup or a script."""
    page = await page_of()
    render = """async (texts) => {
        const { mrkdwn } = await import("/mrkdwn.js");
        const shown = document.createElement("div");
        const html = (text) => (shown.replaceChildren(...mrkdwn(text)), shown.innerHTML);
        return texts.map(html);
    }"""

    shown = await page.evaluate(render, [text for text, _ in MRKDWN])

    assert dict(zip([text for text, _ in MRKDWN], shown, strict=True)) == dict(MRKDWN)
