"""Trained programs that ship with lbpnet: `NAME.lbp`, and `NAME.json` that says how it was made. Needs no torch."""

from .card import CardCost as CardCost
from .card import CardData as CardData
from .card import CardRun as CardRun
from .card import CardSpeed as CardSpeed
from .card import ZooCard as ZooCard
from .card import card_cost as card_cost
from .card import card_text as card_text
from .card import mean_and_spread as mean_and_spread
from .card import percent as percent
from .card import read_card as read_card
from .page import card_lines as card_lines
from .page import zoo_page as zoo_page
