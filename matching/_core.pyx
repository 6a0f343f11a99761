# cython: language_level=3, boundscheck=False, wraparound=False
"""The C++ engine (matching/engine.hpp) for Python: batches of bytes in, batches of bytes out.

Nothing is decided here. A batch long enough to matter is applied with the GIL released, so that other
threads run meanwhile; a short one is done sooner than the GIL could be handed over. An engine is one
thread's at a time: a call that comes in while another thread's is under way raises RuntimeError.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from cpython.ref cimport Py_XDECREF
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.memory cimport unique_ptr
from libcpp.string cimport string
from libcpp.utility cimport move
from libcpp.vector cimport vector

from matching import snapshot as layout
from matching.engine import AccountState, Depth, DepthLevel, GoodsState, Indicative, OpenOrder, ProductState


cdef extern from "Python.h":
    # As in C, without Cython's counting of references: room is shrunk in place before anyone else sees it.
    PyObject* PyBytes_FromStringAndSize(const char* text, Py_ssize_t size) except NULL
    int _PyBytes_Resize(PyObject** text, Py_ssize_t size) except -1


cdef extern from "snapshot.hpp" namespace "jinguo" nogil:
    enum Side:
        BUY
        SELL

    cppclass Phase:
        pass

    cppclass CCommand "jinguo::Command":
        pass

    cppclass CEvent "jinguo::Event":
        pass

    cppclass CEvents "jinguo::Events":
        size_t size()
        const CEvent* data()

    cppclass CBalance "jinguo::Balance":
        int64_t free
        int64_t held

    cppclass CAccount "jinguo::Account":
        CBalance funds
        uint32_t group
        uint16_t buyer_fee_bps
        uint16_t seller_fee_bps
        uint16_t deposit_bps
        cbool suspended

    cppclass CGoods "jinguo::AccountGoods":
        uint32_t product
        CBalance kg

    cppclass COrder "jinguo::Order":
        uint64_t id()
        uint32_t price()
        uint16_t product
        uint16_t expires
        uint32_t remaining
        Side side()
        int64_t quantity()

    cppclass CDepthLevel "jinguo::DepthLevel":
        uint32_t price
        int64_t kg
        uint32_t orders

    cppclass CUncrossing "jinguo::Uncrossing":
        uint32_t price
        int64_t kg
        int64_t surplus

    cppclass TieRule:
        pass

    cppclass CBook "jinguo::ProductBook":
        uint32_t low()
        uint32_t high()
        vector[CDepthLevel] depth(Side side, uint64_t limit) except +

    cppclass CProduct "jinguo::Product":
        uint32_t number
        Phase phase
        TieRule tie_rule
        uint32_t step_kg
        uint32_t min_kg
        uint32_t tick
        uint32_t reference
        uint32_t volatility
        CBook book

    cppclass CEngine "jinguo::Engine":
        CEngine() except +
        void apply(const CCommand* commands, size_t count, uint64_t first_seq, CEvent* room, size_t capacity) except +
        const CEvents& events()
        uint64_t last_order_id()
        uint64_t last_trade_id()
        const CAccount* account(uint32_t number)
        const CProduct* product(uint32_t number)
        const COrder& order(uint32_t slot)
        vector[CGoods] goods_of(const CAccount& account) except +
        vector[uint32_t] slots_of(const CAccount& account) except +
        vector[uint32_t] best_slots_of(const CAccount& account, uint32_t product, Side side, size_t most) except +
        CUncrossing indicative(const CProduct& product)

    string write_snapshot(const CEngine& engine) except +
    unique_ptr[CEngine] read_snapshot(const char* body, size_t size) except +

    const size_t EVENT_SIZE "sizeof(jinguo::Event)"
    const size_t COMMAND_SIZE "sizeof(jinguo::Command)"


cdef uint64_t checked_seq(first_seq, size_t count) except? 0:
    """The number of the first of so many commands, all of which must fit 64 bits."""
    cdef uint64_t seq
    try:
        seq = first_seq
    except OverflowError:
        raise ValueError("sequence numbers are unsigned 64-bit numbers") from None
    if count > 0 and seq >= <uint64_t> 0 - count:  # 2**64 - count
        raise ValueError("sequence numbers are unsigned 64-bit numbers")
    return seq


cdef object open_order(const COrder& order):
    """A resting order as Python reads it."""
    return OpenOrder(
        order.id(),
        order.product,
        <int> order.side(),
        order.price(),
        order.quantity(),
        order.remaining,
        order.expires,
    )


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

    def apply(self, commands, first_seq):
        """See ``Engine.apply``."""
        cdef Py_buffer view
        if type(commands) is bytes:
            return self.apply_bytes(commands, first_seq)
        PyObject_GetBuffer(commands, &view, PyBUF_SIMPLE)
        try:
            copy = (<const char*> view.buf)[:view.len]
        finally:
            PyBuffer_Release(&view)
        return self.apply_bytes(copy, first_seq)

    cdef object apply_bytes(self, bytes commands, object first_seq):
        """Applies a batch; a long one with the GIL released and its events written where they stay.

        The engine reads the commands where they are, checks first and acts later. So they are bytes, which nobody
        can change in between; what comes in any other buffer was copied.
        """
        cdef size_t size = PyBytes_GET_SIZE(commands)
        cdef const CCommand* records = <const CCommand*> PyBytes_AS_STRING(commands)
        cdef CEngine* engine = self.free_engine()
        cdef size_t count = size // COMMAND_SIZE
        if size % COMMAND_SIZE:
            raise ValueError(f"a batch is a whole number of {COMMAND_SIZE}-byte commands, not {size} bytes")
        cdef uint64_t seq = checked_seq(first_seq, count)
        cdef size_t capacity = 2 * count + 16
        cdef PyObject* room = NULL
        cdef CEvent* events = NULL
        if count > ALONE:
            room = PyBytes_FromStringAndSize(NULL, capacity * EVENT_SIZE)
            events = <CEvent*> PyBytes_AS_STRING(<object> room)
        self.busy = True
        if count > ALONE:
            with nogil:
                engine.apply(records, count, seq, events, capacity)
        else:
            engine.apply(records, count, seq, NULL, 0)
        self.busy = False
        size = engine.events().size() * EVENT_SIZE
        if room != NULL and engine.events().data() == events:
            _PyBytes_Resize(&room, size)
        else:
            Py_XDECREF(room)
            room = PyBytes_FromStringAndSize(<const char*> engine.events().data(), size)
        batch = <object> room
        Py_XDECREF(room)
        return batch

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
        return layout.seal(<bytes> body)

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
        goods = tuple([GoodsState(g.product, g.kg.free, g.kg.held) for g in engine.goods_of(found[0])])
        return AccountState(
            found.funds.free,
            found.funds.held,
            bool(found.suspended),
            found.buyer_fee_bps,
            found.seller_fee_bps,
            found.deposit_bps,
            found.group,
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
            found.number,
            <int> found.phase,
            found.book.low(),
            found.book.high(),
            found.step_kg,
            found.min_kg,
            found.tick,
            <int> found.tie_rule,
            found.reference,
            found.volatility,
        )

    def indicative(self, product):
        """See ``Engine.indicative``."""
        cdef CEngine* engine = self.free_engine()
        cdef const CProduct* found = NULL
        if 0 <= product < 2**32:
            found = engine.product(product)
        if found == NULL:
            return None
        cdef CUncrossing uncrossing = engine.indicative(found[0])
        if uncrossing.price == 0:
            return None
        return Indicative(uncrossing.price, uncrossing.kg, uncrossing.surplus)

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
        if 0 <= account < 2**32:
            found = engine.account(account)
        if found == NULL:
            return ()
        return tuple([open_order(engine.order(slot)) for slot in engine.slots_of(found[0])])

    def best_orders(self, account, product, side, most):
        """See ``Engine.best_orders``."""
        cdef CEngine* engine = self.free_engine()
        cdef const CAccount* found = NULL
        if 0 <= account < 2**32:
            found = engine.account(account)
        if found == NULL or not 0 <= product < 2**32 or side not in (BUY, SELL):
            return ()
        return tuple(
            [
                open_order(engine.order(slot))
                for slot in engine.best_slots_of(found[0], product, <Side> <int> side, max(0, most))
            ]
        )

    @property
    def last_order_id(self):
        """See ``Engine.last_order_id``."""
        return self.free_engine().last_order_id()

    @property
    def last_trade_id(self):
        """See ``Engine.last_trade_id``."""
        return self.free_engine().last_trade_id()
