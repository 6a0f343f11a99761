# cython: language_level=3, boundscheck=False, wraparound=False
"""The C++ engine (matching/engine.hpp) for Python: batches of bytes in, batches of bytes out.

Nothing is decided here. A batch long enough to matter is applied with the GIL released, so that other
threads run meanwhile; a short one is done sooner than the GIL could be handed over. An engine is one
thread's at a time: a call that comes in while another thread's is under way raises RuntimeError.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.memory cimport unique_ptr
from libcpp.string cimport string
from libcpp.utility cimport move
from libcpp.vector cimport vector

from matching import snapshot as layout
from matching.engine import AccountState, Depth, DepthLevel, GoodsState, OpenOrder, ProductState


cdef extern from "snapshot.hpp" namespace "jinguo" nogil:
    enum Side:
        BUY
        SELL

    cppclass Phase:
        pass

    cppclass CEvents "jinguo::Events":
        size_t size()
        const void* data()

    cppclass CAccount "jinguo::Account":
        int64_t funds_free
        int64_t funds_held
        uint16_t buyer_fee_bps
        uint16_t seller_fee_bps
        uint16_t deposit_bps
        cbool suspended

    cppclass CGoods "jinguo::Goods":
        int64_t free
        int64_t held
        uint32_t account()
        uint32_t product()

    cppclass COrder "jinguo::Order":
        uint64_t id
        uint32_t product()
        uint32_t price
        uint32_t remaining
        Side side()
        int64_t quantity()

    cppclass CDepthLevel "jinguo::DepthLevel":
        uint32_t price
        int64_t kg
        uint32_t orders

    cppclass CBook "jinguo::Book":
        uint32_t low()
        uint32_t high()
        vector[CDepthLevel] depth(Side side, uint64_t limit) except +

    cppclass CProduct "jinguo::Product":
        uint32_t number
        Phase phase
        uint32_t step_kg
        uint32_t min_kg
        CBook book

    cppclass CEngine "jinguo::Engine":
        CEngine() except +
        void apply(const char* records, size_t count, uint64_t first_seq) except +
        const CEvents& events()
        uint64_t last_order_id()
        uint64_t last_trade_id()
        const CAccount* account(uint32_t number)
        const CProduct* product(uint32_t number)
        const COrder& order(uint32_t slot)
        vector[CGoods] goods_of(const CAccount& account) except +
        vector[uint32_t] slots_of(const CAccount& account) except +

    string write_snapshot(const CEngine& engine) except +
    unique_ptr[CEngine] read_snapshot(const char* body, size_t size) except +

    const size_t EVENT_SIZE "sizeof(jinguo::Event)"
    const size_t COMMAND_SIZE "sizeof(jinguo::Command)"


cdef size_t ALONE = 64
"""Batches longer than this many commands are applied with the GIL released."""


cdef class FastEngine:
    """``matching.engine.Engine`` in C++."""

    cdef unique_ptr[CEngine] engine
    cdef bint busy

    def __cinit__(self):
        self.engine.reset(new CEngine())
        self.busy = False

    cdef CEngine* free_engine(self) except NULL:
        """The engine, if no other thread is using it and it never failed."""
        if self.busy:
            raise RuntimeError("the engine is in use by another thread, or ran out of memory in a batch")
        return self.engine.get()

    def apply(self, bytes commands not None, first_seq):
        """See ``Engine.apply``."""
        cdef CEngine* engine = self.free_engine()
        cdef size_t size = PyBytes_GET_SIZE(commands)
        cdef size_t count = size // COMMAND_SIZE
        if size % COMMAND_SIZE:
            raise ValueError(f"a batch is a whole number of {COMMAND_SIZE}-byte commands, not {size} bytes")
        if first_seq < 0 or first_seq + count >= 2**64:
            raise ValueError("sequence numbers are unsigned 64-bit numbers")
        cdef const char* records = PyBytes_AS_STRING(commands)
        cdef uint64_t seq = first_seq
        self.busy = True
        if count > ALONE:
            with nogil:
                engine.apply(records, count, seq)
        else:
            engine.apply(records, count, seq)
        self.busy = False
        cdef const char* events = <const char*> engine.events().data()
        return PyBytes_FromStringAndSize(events, engine.events().size() * EVENT_SIZE)

    def snapshot(self):
        """See ``Engine.snapshot``."""
        cdef CEngine* engine = self.free_engine()
        cdef string body
        self.busy = True
        try:
            with nogil:
                body = write_snapshot(engine[0])
        finally:
            self.busy = False
        return layout.seal(PyBytes_FromStringAndSize(body.data(), body.size()))

    def load(self, bytes snapshot not None):
        """See ``Engine.load``."""
        self.free_engine()
        cdef bytes body = layout.unseal(snapshot)
        self.engine = move(read_snapshot(PyBytes_AS_STRING(body), PyBytes_GET_SIZE(body)))

    def state_hash(self):
        """See ``Engine.state_hash``."""
        return layout.state_hash(self.snapshot())

    def account(self, account):
        """See ``Engine.account``."""
        cdef CEngine* engine = self.free_engine()
        if not 0 <= account < 2**32:
            return None
        cdef const CAccount* found = engine.account(account)
        if found == NULL:
            return None
        goods = tuple([GoodsState(g.product(), g.free, g.held) for g in engine.goods_of(found[0])])
        return AccountState(
            found.funds_free,
            found.funds_held,
            bool(found.suspended),
            found.buyer_fee_bps,
            found.seller_fee_bps,
            found.deposit_bps,
            goods,
        )

    def product(self, product):
        """See ``Engine.product``."""
        cdef CEngine* engine = self.free_engine()
        if not 0 <= product < 2**32:
            return None
        cdef const CProduct* found = engine.product(product)
        if found == NULL:
            return None
        return ProductState(
            found.number, <int> found.phase, found.book.low(), found.book.high(), found.step_kg, found.min_kg
        )

    def depth(self, product, levels):
        """See ``Engine.depth``."""
        cdef CEngine* engine = self.free_engine()
        cdef const CProduct* found = NULL
        if 0 <= product < 2**32:
            found = engine.product(product)
        if found == NULL:
            return Depth((), ())
        cdef uint64_t limit = max(0, min(levels, 2**32))
        bids = tuple([DepthLevel(at.price, at.kg, at.orders) for at in found.book.depth(BUY, limit)])
        asks = tuple([DepthLevel(at.price, at.kg, at.orders) for at in found.book.depth(SELL, limit)])
        return Depth(bids, asks)

    def open_orders(self, account):
        """See ``Engine.open_orders``."""
        cdef CEngine* engine = self.free_engine()
        cdef const CAccount* found = NULL
        cdef const COrder* order
        if 0 <= account < 2**32:
            found = engine.account(account)
        if found == NULL:
            return ()
        orders = []
        for slot in engine.slots_of(found[0]):
            order = &engine.order(slot)
            orders.append(
                OpenOrder(
                    order.id,
                    order.product(),
                    <int> order.side(),
                    order.price,
                    order.quantity(),
                    order.remaining,
                )
            )
        return tuple(orders)

    @property
    def last_order_id(self):
        """See ``Engine.last_order_id``."""
        return self.free_engine().last_order_id()

    @property
    def last_trade_id(self):
        """See ``Engine.last_trade_id``."""
        return self.free_engine().last_trade_id()
