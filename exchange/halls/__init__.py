"""Listings (挂牌), negotiation (议价) and auctions (竞价): what people draft, approve and see of the desk."""
