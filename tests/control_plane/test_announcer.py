"""Who listens hears each change, and may stop while it is told."""

from contextlib import ExitStack

from weftline_control.announcer import Announcer


class News(Announcer):
    def change(self) -> None:
        self._announce()


def test_each_change_is_heard_while_one_listens() -> None:
    news, heard = News(), list[str]()
    news.change()
    with news.listening(lambda: heard.append("one")):
        news.change()
        with news.listening(lambda: heard.append("two")):
            news.change()
    news.change()
    assert sorted(heard) == ["one", "one", "two"]


def test_a_listener_may_stop_while_it_is_told() -> None:
    news, heard = News(), list[str]()
    stack = ExitStack()

    def hear_once() -> None:
        heard.append("once")
        stack.close()

    stack.enter_context(news.listening(hear_once))
    news.change()
    news.change()
    assert heard == ["once"]
