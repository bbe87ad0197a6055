"""What a person does to the tree of messages in the page, and what the page shows of it."""

from playwright.sync_api import Locator, expect

from tests.browser.chat_page import ChatPage


def act(message: Locator, name: str) -> None:
    """Press this button of a message."""
    message.hover()
    message.locator(f"[data-act={name}]").click()


def offered(message: Locator) -> set[str]:
    """Return the names of a message's buttons, without those of its code."""
    message.hover()
    message.locator("[data-act=more]").wait_for()
    return {button.inner_text() for button in message.locator(".message__foot button").all() if button.is_visible()}


def reword(person: ChatPage, question: Locator, text: str) -> None:
    act(question, "edit")
    editor(person).fill(text)
    editor(person).press("Enter")


def editor(person: ChatPage) -> Locator:
    return person.page.locator("message-editor textarea")


def place(message: Locator) -> Locator:
    """Return the element with the number of the shown version, as “2/3”."""
    return message.locator(".switch__place")


def line(person: ChatPage) -> Locator:
    """Return the line under a fork that tells of other versions."""
    return person.page.locator("chat-transcript other-version")


def texts(messages: Locator) -> list[str]:
    return [(text or "").strip() for text in messages.locator(".message__text").all_text_contents()]


def shows(person: ChatPage, *expected: str) -> None:
    """Check that the thread consists of these texts."""
    expect(person.messages.locator(".message__text")).to_have_text(list(expected))
