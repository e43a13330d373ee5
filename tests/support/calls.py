"""Fakes of whoever carries out requests."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from google.protobuf.message import Message

from bf.core.ports import Answer, Asked


class OneByOne(ABC):
    """Carries out many requests as it carries out each."""

    @abstractmethod
    async def call(self, tenant: str, request: Message, request_id: str, actor: str = "") -> Answer:
        """Carry out a request."""

    async def call_all(self, tenant: str, asked: Sequence[Asked], actor: str = "") -> list[Answer]:
        """Carry out one after the other."""
        return [await self.call(tenant, request, request_id, actor) for request, request_id in asked]
