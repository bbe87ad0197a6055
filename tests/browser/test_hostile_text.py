"""Text that wants to be a program stays text."""

import pytest
from playwright.sync_api import expect

from conversations.models import Conversation, Team
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.browser.page_scripts import ACTIVE_MARKUP, TRY_MARKUP, TRY_SCRIPT
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_end, openai_event

RUN = "alert(window.__xss=1)"
VECTORS = [
    f"<script>{RUN}</script>",
    f"</div></chat-message><script>{RUN}</script>",
    f'<img src=x onerror="{RUN}">',
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><a xlink:href='javascript:{RUN}'><text y=20>click</text></a></svg>",
    f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    f'<iframe src="javascript:{RUN}"></iframe>',
    f"<details open ontoggle={RUN}><summary>x</summary></details>",
    f"<body onload={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<math><mtext><table><mglyph><style><!--</style><img title='--><img src=x onerror={RUN}>'></table></mtext></math>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'></noscript>",
    f"<template><img src=x onerror={RUN}></template></template><img src=x onerror={RUN}>",
    f"<style>@import 'http://evil.test/x.css';</style><style onload={RUN}></style>",
    "<link rel=stylesheet href=http://evil.test/x.css>",
    "<meta http-equiv=refresh content='0;url=http://evil.test/'>",
    "<base href=http://evil.test/>",
    f"<form action='javascript:{RUN}'><button formaction='javascript:{RUN}'>go</button></form>",
    f"[link](javascript:{RUN})",
    f"[link](<java\tscript:{RUN}>)",
    f"[link](&#106;avascript:{RUN})",
    f"[link](data:text/html,<script>{RUN}</script>)",
    f"[link](vbscript:{RUN})",
    f"<javascript:{RUN}>",
    f'![image](x" onerror="{RUN})',
    "![image](http://evil.test/pixel.png)",
    f"[ref]: javascript:{RUN}\n\n[ref]",
    f'```"><img/src=x onerror={RUN}>\ncode\n```',
    f"$\\href{{javascript:{RUN}}}{{x}}$",
    f"$$\\text{{</math><img src=x onerror={RUN}>}}$$",
    f"| <img src=x onerror={RUN}> |\n|---|\n| <script>{RUN}</script> |",
    f"<!--><img src=x onerror={RUN}>-->",
    f"<![CDATA[><script>{RUN}</script>]]>",
]
ALL = "\n\n".join(VECTORS)


@pytest.mark.soak
def test_no_vector_runs_wherever_it_stands(cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit) -> None:
    LanguageModel.objects.update(name=VECTORS[2])
    Team.objects.update(name=VECTORS[1])
    type(cast.bob).objects.filter(pk=cast.bob.pk).update(username=VECTORS[3], display_name=VECTORS[3])
    vendor.play(
        [*(openai_event(vector + "\n\n", reasoning_content=vector) for vector in VECTORS), vendor.gate, openai_end()]
    )
    alice, bob = visit(cast.alice), visit(cast.bob)
    bob.page.locator("#composer-team").select_option(index=1)
    bob.send(f"{VECTORS[2]} {ALL}")
    alice.rows.first.locator("a").click()
    for person in (alice, bob):
        expect(person.replies.first.locator(".message__text")).to_contain_text("CDATA")  # as it grows
        assert person.page.evaluate(ACTIVE_MARKUP) == []
    vendor.gate.set()
    for person in (alice, bob):
        person.ended(person.replies.first)  # as it ended
        person.page.reload()  # as a fresh page has it
        expect(person.replies.first).to_have_attribute("data-status", "complete")
        assert person.page.evaluate(ACTIVE_MARKUP) == []
        question = person.questions.first.locator(".message__text").text_content()
        assert question == f"{VECTORS[2]} {ALL}"
        expect(person.page.locator(".row__title")).to_contain_text("<img src=x onerror")
        assert person.page.evaluate("window.__xss") is None
    assert Conversation.objects.get().title.startswith("<img")


def test_no_text_becomes_markup_or_a_program_by_accident(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    policy = alice.page.request.get(alice.site).headers["content-security-policy"]
    assert "unsafe" not in policy
    alice.watch.expect("TrustedHTML", "TrustedScript", "Content Security Policy")
    assert alice.page.evaluate(TRY_MARKUP) == "refused"
    assert alice.page.evaluate(TRY_SCRIPT) == "refused"
    assert alice.page.evaluate("window.__xss") is None
