"""The rules of each kind of auction, as machines that know bids and times but no accounts.

What an auction is about (eligibility, bonds, money, goods) is the desk's matter
(``matching/auction_desk.py``). A machine gets its terms, then bids and moments in order, and tells what all
may see of it and in the end who gets how much at which price. The same machines recompute a published bid
file (``matching/auctions/verify.py``).

Times are epoch nanoseconds and intervals half open: what comes at the end is late.
"""
