"""What a request carries."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from api.incoming import Incoming
from api.problems import HttpProblem


@pytest.mark.parametrize(
    ("names", "known"), [((), "there are none here."), (("limit", "urls"), "there are limit, urls.")]
)
def test_an_unknown_parameter_is_named_with_those_that_there_are(names: tuple[str, ...], known: str) -> None:
    event = SimpleNamespace(query_string_parameters={"x": "1"}, multi_value_query_string_parameters={})
    app: Any = SimpleNamespace(current_event=event)
    with pytest.raises(HttpProblem) as raised:
        Incoming(app).only(*names)
    assert raised.value.detail == f"Unknown parameter 'x'; {known}"
